"""What a signed-out visitor sees first."""

ACTIVITIES = [
    {
        "uuid": "68f126b0-1ceb-4a33-88be-d90fa7109eee",
        "handle": "ada",
        "message": "The engine weaves algebraical patterns.",
        "likes_count": 5,
        "replies": [
            {
                "uuid": "26e12864-1c26-5c3a-9658-97a10f8fea67",
                "handle": "grace",
                "message": "As the loom weaves flowers and leaves.",
                "likes_count": 0,
            }
        ],
    },
    {
        "uuid": "66e12864-8c26-4c3a-9658-95a10f8fea67",
        "handle": "edsger",
        "message": "Simplicity is a great virtue.",
        "likes_count": 3,
        "replies": [],
    },
    {
        "uuid": "248959df-3079-4947-b847-9e0892d1bab4",
        "handle": "grace",
        "message": "A ship in port is safe.",
        "likes_count": 8,
        "replies": [],
    },
]


def home_activities():
    return ACTIVITIES
