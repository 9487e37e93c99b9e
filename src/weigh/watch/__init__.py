"""Is it still good in production?"""
