"""Activities whose message holds a term."""

from services.home_activities import ACTIVITIES


def search_activities(term):
    if not term:
        return None, {"errors": ["search_term_blank"]}
    return [activity for activity in ACTIVITIES if term.lower() in activity["message"].lower()], None
