"""The live page: the floor in a browser, while it runs and after."""
