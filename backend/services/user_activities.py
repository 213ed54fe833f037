"""The activities of one handle."""

from services.home_activities import ACTIVITIES


def user_activities(handle):
    return [activity for activity in ACTIVITIES if activity["handle"] == handle]
