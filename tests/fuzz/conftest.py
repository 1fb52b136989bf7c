from hypothesis import settings

settings.register_profile("edgequake", deadline=None, max_examples=60, database=None, derandomize=True)
settings.load_profile("edgequake")
