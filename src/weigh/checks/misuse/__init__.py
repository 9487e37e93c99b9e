"""What could the model be misused for, and who answers for that?"""
