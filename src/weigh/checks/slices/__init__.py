"""Does it work on all of the user's data?"""
