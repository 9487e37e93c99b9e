"""Does it still work when the rows are disturbed?"""
