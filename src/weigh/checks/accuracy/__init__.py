"""Does it work on the user's data?"""
