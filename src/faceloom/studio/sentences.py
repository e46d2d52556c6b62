"""What the synthetic people say: our own everyday sentences, by mood."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, tuple[str, ...]]] = {
    "neutral": (
        "I usually take the bus, because the station is only five minutes away.",
        "We moved the meeting to Thursday, so there is one more day to prepare.",
        "My sister keeps bees, and every summer she brings us two jars of honey.",
        "The recipe says half an hour, but our oven needs a little longer.",
        "There is a small library behind the market, and it opens at nine.",
        "He asked for a table by the window, and they gave him the last one.",
        "I read about it in the paper, though I forget which page it was.",
        "You can leave the bicycle in the yard, nobody will mind.",
        "First we measure the wall, then we cut the boards, and then we paint.",
        "The river was low, so we walked along the stones to the other bank.",
    ),
    "happy": (
        "You will not believe it, they gave us the house with the garden!",
        "She laughed so much that everyone at the table had to join in.",
        "We danced until the band went home, and then we sang on the way back.",
        "My little boy took his first steps today, right into my arms!",
        "It was the best soup I have had in years, I went back for more!",
        "Guess who is coming to stay for the whole summer, all of them!",
    ),
    "sad": (
        "The old dog just lay by the door, and nobody had the heart to move him.",
        "I kept her letters, but I have not been able to read them.",
        "They closed the shop last week, after forty years.",
        "He never called, and now the house is very quiet.",
        "We waited at the station until dark, and then we went home alone.",
    ),
    "surprise": (
        "Wait, you were there too? I never saw you in that crowd!",
        "And then the door opened, and my own brother was standing there!",
        "A hundred and twelve? How can anyone have a hundred and twelve cats?",
        "I turned the page, and there was my name, in big red letters!",
        "Snow? In the middle of June? You must be joking!",
    ),
    "anger": (
        "I told them three times, and three times they sent the wrong part.",
        "He took the money, and he did not even say thank you.",
        "Do not tell me to be calm, I have been waiting since seven.",
        "They tore down the wall, and left us with the dust and the bill.",
        "Nobody asked us, nobody warned us, and now it is our fault.",
    ),
    "fear": (
        "There was somebody on the stairs, I could hear every step.",
        "The engine stopped, and all we could see was the fog.",
        "I do not want to go back in there, not alone, not at night.",
        "Something moved under the boat, something very large.",
    ),
    "disgust": (
        "The milk had been there for weeks, and it had grown a skin.",
        "You should have seen that kitchen, there was grease on every wall.",
        "He wiped the knife on his shoe, and went on cutting the bread.",
    ),
}

BACKCHANNELS: Final[dict[str, tuple[str, ...]]] = {
    "neutral": ("Mm hm.", "Yeah.", "Right.", "I see.", "Okay."),
    "happy": ("Oh nice!", "Wow!", "Great!", "Yeah!"),
    "sad": ("Oh no.", "Oh.", "I see."),
    "surprise": ("Really?", "No way!", "What?"),
    "anger": ("Oh.", "Really?", "Hm."),
    "fear": ("Oh no.", "Really?", "Oh!"),
    "disgust": ("Ew.", "Oh no.", "Really?"),
}
"""What a listener says in the speaker's pauses."""
