"""The studio's pages: rules read and edited as sentences, the grid, the replay beside them, publishing, the way back.

Nothing is decided here: verbs are those of `scoring.drafts`, `scoring.publishing` and `scoring.definitions.drafts`.
"""
