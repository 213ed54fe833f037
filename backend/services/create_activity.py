"""Checks a new activity; nothing is stored, so every instance stays the same."""

import uuid

MOST_CHARACTERS = 280


def create_activity(handle, message):
    errors = []
    if not handle:
        errors.append("user_handle_blank")
    if not message:
        errors.append("message_blank")
    elif len(message) > MOST_CHARACTERS:
        errors.append("message_exceed_max_chars")
    if errors:
        return None, {"errors": errors}
    return {"uuid": str(uuid.uuid4()), "handle": handle, "message": message, "likes_count": 0, "replies": []}, None
