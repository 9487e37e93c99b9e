"""Does it give away what it was trained on, or whom the data is about?"""
