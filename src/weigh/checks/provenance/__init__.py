"""Where does the model come from, and does evaluation data stand among training data?"""
