"""Users with one role each, teams with a kind and a manager, leave, saved views."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property


class Role(models.TextChoices):
    SALES = "sales", "Sales"
    MARKETING = "marketing", "Marketing"
    SUCCESS = "success", "Success"
    ADMIN = "admin", "RevOps admin"
    VIEWER = "viewer", "Viewer"


class TeamKind(models.TextChoices):
    SALES = "sales", "Sales"
    MARKETING = "marketing", "Marketing"
    SUCCESS = "success", "Success"
    REVOPS = "revops", "RevOps"


class Team(models.Model):
    """A team's manager is a relation, not a role: the same person may manage two teams and own leads."""

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=12, choices=TeamKind.choices)
    manager = models.ForeignKey("teams.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="manages")
    calendar = models.ForeignKey("teams.Calendar", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet["User"]):
    def active(self):
        return self.filter(is_active=True, is_service=False)

    def sellers(self):
        """Active people who may own leads."""
        return self.active().filter(role__in=[Role.SALES, Role.ADMIN])


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email, password=None, **fields):
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password) if password else user.set_unusable_password()
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, role=Role.ADMIN, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """`is_service`: the identity behind an API key or the system; it never signs in."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.VIEWER)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="members")
    calendar = models.ForeignKey("teams.Calendar", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    timezone = models.CharField(max_length=64, default="UTC")
    watches_handoffs = models.BooleanField(default=False, help_text="The hand-off monitor: a right on top of any role.")
    benched_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when rotation passes them over; they keep what they have."
    )
    single_keys = models.BooleanField(default=True, help_text="Single-key shortcuts.")
    is_service = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    joined_at = models.DateTimeField(auto_now_add=True)
    deactivated_at = models.DateTimeField(null=True, blank=True)
    deactivated_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        indexes = [models.Index(fields=["team"], name="user_team")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    def manages_team(self, team_id: int | None) -> bool:
        """Whether this user is the manager of that team; one query, remembered on the instance."""
        return team_id in self._managed

    @cached_property
    def _managed(self) -> dict[int, str]:
        """{team: its kind}. The own team comes with the same query: whoever asks for one is about to name the other."""
        teams = list(Team.objects.filter(Q(manager=self) | Q(pk=self.team_id)))
        for team in teams:
            if team.pk == self.team_id:
                self.team = team
        return {team.pk: team.kind for team in teams if team.manager_id == self.pk}

    @property
    def walks_the_floor(self) -> bool:
        """Who looks after other people's clocks: managers, the hand-off monitor, administrators."""
        return not self.is_service and (self.is_admin or self.watches_handoffs or bool(self._managed))

    @property
    def stands_on_the_floor(self) -> bool:
        """Whose people have clocks there: as `walks_the_floor`, but managers of sales and success teams alone."""
        if self.is_service or self.is_admin or self.watches_handoffs:
            return not self.is_service
        return any(kind in {TeamKind.SALES, TeamKind.SUCCESS} for kind in self._managed.values())


class Leave(models.Model):
    """Half-open [starts_at, ends_at)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="leaves")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="leave_ends_after_it_starts")
        ]
        indexes = [models.Index(fields=["user", "ends_at"], name="leave_user_ends")]


class SavedView(models.Model):
    """A named address of a list; `owner` null means shared with everyone."""

    page = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, blank=True)
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="saved_views")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["page", "name", "owner"], nulls_distinct=False, name="saved_view_once")
        ]
