"""Do its probabilities mean what they say?"""
