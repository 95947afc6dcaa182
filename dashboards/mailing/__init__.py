"""The dashboard by mail, at the time somebody chose.

`mailings` makes and stops them; `sending.drain` writes a notice to each reader when one is due, once; the sender of
`notify` asks `enclosed.of` for the file when the mail goes out, so no clock waits for a PDF.
"""
