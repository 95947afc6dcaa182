"""The pages of leads: find the object, ask the domain once, answer."""
