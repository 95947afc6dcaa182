from django.apps import AppConfig


class RevOpsConfig(AppConfig):
    name = "revops"

    def ready(self) -> None:
        # Tasks sent from any process must find our broker, not Celery's default one.
        from revops import celery  # noqa: F401
