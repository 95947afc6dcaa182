"""A file on its way in: to the disk while it arrives, never whole in memory, and no more than the cap."""

from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest

TOO_BIG = "import_too_big"


class CappedUploadHandler(TemporaryFileUploadHandler):
    """Stops reading at `most` bytes and leaves the word TOO_BIG on the request: what came is thrown away. It resets the
    connection only when the browser goes on sending far more."""

    chunk_size = 1024 * 1024

    def __init__(self, request: HttpRequest, *, most: int) -> None:
        super().__init__(request)
        self.most, self.came = most, 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.came += len(raw_data)
        if self.came > self.most:
            setattr(self.request, TOO_BIG, True)
            raise StopUpload(connection_reset=False)
        super().receive_data_chunk(raw_data, start)
