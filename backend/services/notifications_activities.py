"""What happened to the visitor's own activities."""


def notifications_activities():
    return [
        {
            "uuid": "b1f0e5a6-6a4c-4b63-9b11-7e2b8a1b6d1e",
            "handle": "barbara",
            "message": "Subtypes behave as their supertypes do.",
            "likes_count": 1,
            "replies": [],
        }
    ]
