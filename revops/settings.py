"""One settings file, driven by the environment; it refuses nonsense with a sentence.

REVOPS_ENV        development (default), test or production
SECRET_KEY        required in production
DATABASE_URL      postgresql://… ; unset: the embedded server's socket
REDIS_URL         redis://… ; unset: the embedded broker's port
ALLOWED_HOSTS     comma separated, required in production
PUBLIC_URL        https://crm.example.com, for links in mails and posts; unset: the first allowed host
EMAIL_URL         smtp://user:password@host:587?tls=starttls or smtps://… ; unset: mails go to the console
MAIL_FROM         RevOps <revops@example.com>
PROXIES           how many proxies of yours stand in front and write X-Forwarded-For (1 in production, else 0)
ERASURE_KEY       hashes the addresses of people who were erased; unset: SECRET_KEY. Another one lets imports bring them
OUTGOING_ALLOWED_HOSTS  comma separated host or host:port inside your network that Slack or Teams posts may go to
"""

from pathlib import Path

from csp.constants import NONCE, SELF, STRICT_DYNAMIC

from revops.lib.environment import (
    choice,
    database,
    flag,
    integer,
    mail_server,
    names,
    public_url,
    read,
    redis_url,
    refuse,
    secret_key,
)

BASE_DIR = Path(__file__).resolve().parent.parent
ENV = choice("REVOPS_ENV", ["development", "test", "production"], default="development")
PRODUCTION = ENV == "production"
TESTING = ENV == "test"

DEBUG = flag("DEBUG", default=False)
if PRODUCTION and DEBUG:
    refuse("DEBUG is on. Turn it off: in production it shows settings and source to strangers.")
SECRET_KEY = secret_key(PRODUCTION)
ALLOWED_HOSTS = names("ALLOWED_HOSTS", default=[] if PRODUCTION else ["*"])
if PRODUCTION and not ALLOWED_HOSTS:
    refuse("ALLOWED_HOSTS is empty. Name the host people use, for example ALLOWED_HOSTS=crm.example.com.")
CSRF_TRUSTED_ORIGINS = names("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "teams.admin_site.AdminConfig",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "rest_framework_api_key",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "csp",
    "teams",
    "journal",
    "notify",
    "marketing",
    "leads",
    "scoring",
    "deals",
    "customers",
    "sla",
    "dashboards",
    "revops",
]

MIDDLEWARE = [
    "revops.lib.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "teams.first_run.FirstRunMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "revops.lib.now.NowMiddleware",
]

ROOT_URLCONF = "revops.urls"
WSGI_APPLICATION = "revops.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "revops.lib.frame.csp_nonce",
                "revops.lib.frame.navigation",
            ],
            "builtins": ["revops.lib.templatetags.words"],
        },
    },
]

# --- data -----------------------------------------------------------------
DATABASES = {"default": database(BASE_DIR)}
REDIS_URL = redis_url(BASE_DIR)

# Of X-Forwarded-For only what these wrote is believed (revops/lib/callers.py); limits count by that address.
PROXIES = integer("PROXIES", default=1 if PRODUCTION else 0, least=0, most=10)

# --- people ---------------------------------------------------------------
AUTH_USER_MODEL = "teams.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "teams.adapter.InvitationOnly"
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0

# --- time, words, files ------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
LANGUAGE_CODE = "en"
STATIC_URL = "/static/"
# Collected in production (STATIC_ROOT names another folder); elsewhere files are served from where they lie.
STATIC_ROOT = (read("STATIC_ROOT") or BASE_DIR / "staticfiles") if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "revops" / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "revops.lib.plotly_file.PlotlyFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = False
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Compressed already, or (maps) asked for only by somebody with the developer's tools open: not worth a minute a build.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("jpg", "jpeg", "png", "gif", "webp", "gz", "br", "woff", "woff2", "map")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": [NONCE, STRICT_DYNAMIC],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}
# --- messages that leave the house ------------------------------------------------
PUBLIC_URL = public_url(PRODUCTION, ALLOWED_HOSTS)
globals().update(mail_server())
DEFAULT_FROM_EMAIL = SERVER_EMAIL = read("MAIL_FROM") or "RevOps <revops@localhost>"
OUTGOING_ALLOWED_HOSTS = names("OUTGOING_ALLOWED_HOSTS", default=[])

# --- REST ---------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["teams.api_keys.ApiKeyAuthentication", "teams.api_keys.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["teams.api_keys.ScopePermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["revops.lib.json_body.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "revops.lib.pages.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "revops.lib.problems.handler",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "RevOps",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "revops.lib.openapi.needed_bodies"],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
API_BODY_LIMIT = 256 * 1024
API_BATCH_LIMIT = 5 * 1024 * 1024

# --- celery -------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 10,
    "socket_keepalive": True,
}
CELERY_TIMEZONE = "UTC"

# --- how rooms hear and ask each other ------------------------------------------
# News: each takes a list of journal entries, runs in the same transaction, SQL only, in this order.
REACTIONS = [
    "scoring.reactions.rescore",
    "deals.merging.follow",
    "deals.discounts.follow",
    "customers.reactions.follow",
    "sla.reactions.move_clocks",
    "sla.next_steps.follow",
    "sla.requests.follow",
    "sla.targets.content.follow",
    "notify.reactions.tell",
    "dashboards.agreed.announcing.follow",
]
# Questions: panels take lead ids and a moment and answer {id: data}; shown on the lead page and in the lead's JSON.
LEAD_PANELS = {
    "score": "scoring.panels.score",
    "clocks": "sla.panels.clocks",
    "deals": "deals.panels.deals",
    "next_step": "sla.step_panels.of_leads",
    "touches": "sla.touch_progress.of_leads",
}
# The same of deals: callable(deal_ids, now=) -> {deal id: data}.
DEAL_PANELS = {
    "next_step": "sla.step_panels.of_deals",
    "clocks": "sla.deal_clocks.of",
}
# Parts of the deal's page that rooms bring: callable(request, deal) -> its HTML, or "" when there is nothing to show.
DEAL_SECTIONS: list[str] = ["deals.commercial_panel.of", "customers.deal_panel.of", "dashboards.meetings.deal_panel.of"]
# The lead page asks them to explain a number (leads/upward.py): score(person_id, as_of=),
# deadline(clock_id, now=, zone=),
# trail(user, lead_id, now=) for the way through the queue, touches(lead_id, now=).
LEAD_CARDS = {
    "score": "scoring.card.of",
    "deadline": "sla.deadline_card.of",
    "trail": "sla.trail.of",
    "touches": "sla.touch_progress.card",
}
# The search page asks each in turn: heading -> callable(text, limit=) -> hits.
FINDERS = {
    "People": "leads.finding.people",
    "Companies": "leads.finding.companies",
    "Deals": "deals.finding.deals",
}
# Where a score begins to qualify, for the score chip: callable(at=) -> an object with mode, cut and cells.
SCORE_LINE = "scoring.cuts.line"
# What a notice is about, in words: subject kind -> callable(ids) -> {id: (name, address)}.
SUBJECTS = {
    "lead": "leads.finding.names",
    "deal": "deals.finding.names",
    "customer": "customers.finding.names",
    "month": "dashboards.scoreboard.ringing.names",
    "goal": "dashboards.agreed.announcing.names",
    "request": "leads.rights.requests.names",
    "content_request": "marketing.requests.names",
    "scoring_model": "scoring.learning.rot.names",
    "model": "scoring.shadow.names",
    "definition": "scoring.definitions.words.names",
    "mailing": "dashboards.mailing.sending.names",
}
# What travels with the mail of a notice, by its kind: callable(notice) -> notify.enclosing.Enclosed or None.
ENCLOSURES = {"mailing.due": "dashboards.mailing.enclosed.of"}
# The numbers beside entries of the bar: what this person owes (revops/lib/frame.py).
NAV_COUNTS = {
    "queue": "sla.questions.owed_count",
    "approvals": "leads.touches.waiting_count",
    "customers": "customers.listing.owed_count",
    "content": "marketing.requests.owed_count",
    "notices": "notify.questions.unread_count",
}
# What MQL, SAL and SQL mean here: callable(stage) -> the published definition.
STAGE_DEFINITION = "scoring.definitions.current"
# Where a month's sales time went: callable(month, now=, organisation=) -> rows with name, touches, logged and split
# minutes, cost, href.
LOGGED_TIME = "dashboards.economics.logged.by_channel"
# The same leads' clocks in lists and answers of REST: states without a countdown.
LEAD_CLOCKS = "sla.panels.states"
# How often somebody must have tried before a lead is unreachable: callable(lead_ids, at=) -> {lead id: attempts}.
ATTEMPTS_NEEDED = "sla.targets.touch_minimum.needed"
# Which rules let in what sales sends back this month: callable(now) -> [scoring.learning.feedback.LetIn].
SCORING_FEEDBACK = "dashboards.scoreboard.let_in.rules"
# The first answers owed to requests for content: callable(ids, now=) -> {id: its clock as a page shows it}.
CONTENT_CLOCKS = "sla.targets.content.clocks"
# Guards may refuse a deal's move with a sentence: callable(deals, to_stage, at) -> {deal_id: reason}.
DEAL_GUARDS: list[str] = ["deals.discounts.guard", "customers.guards.handover"]
# Who takes the customer of a deal over: callable(user, deal) -> bool.
DEAL_TAKER = "customers.rights.takes_over"
# Attributes other rooms offer to conditions: name -> compiler (see leads/conditions.py).
CONDITION_ATTRIBUTES = [
    "leads.attributes.BUILT_IN",
    "leads.territory_attribute.OFFERED",
    "scoring.attributes.OFFERED",
    "deals.attributes.OFFERED",
    "scoring.icp.attribute.OFFERED",
]
# Who keeps conditions: callable() -> (what it is called, condition) pairs, asked before what they name is taken away.
CONDITION_HOLDERS = [
    "leads.routing.held.held",
    "leads.segments.held",
    "scoring.held.held",
    "sla.policy_words.held",
]
# People: what the rooms above do when somebody comes or goes, and what they say somebody has open (teams/people.py).
ARRIVALS = ["leads.handover.join_fallback"]
DEPARTURES = {"open lead": "leads.handover.hand_over", "open deal": "deals.handover.hand_over",
              "customer": "customers.caring.hand_over"}  # fmt: skip
PEOPLE_PANELS = {"open_leads": "leads.handover.open_counts", "open_deals": "deals.handover.open_counts",
                 "customers": "customers.caring.open_counts"}  # fmt: skip
# New opening hours: the rooms that have clocks running on them, in the same transaction: callable(version, by=, at=).
CALENDAR_REACTIONS = ["sla.replanning.recalendar"]
# Who else counts by a calendar: callable(calendar id) -> [(what, address)].
CALENDAR_USES = ["sla.calendar_uses.of"]
# My settings: parts of the page that rooms above bring: callable(request) -> its HTML.
MY_PANELS = ["notify.my_panel.mine"]
# The ideal customer profile: callable(now) -> firms that bought or never did; callable(since, until) -> decided deals.
ICP_CUSTOMERS = "deals.best_customers.of"
ICP_DEALS = "deals.best_customers.decided"
# How those that bought are doing: callable(company ids, as_of=) -> {company id: 0-100}; who was never read is absent.
ICP_HEALTH = "customers.health.of_companies"
# What a replay of scoring puts on people: callable(run id, since=, until=, every=) -> scoring.replay.result.Load.
SCORING_LOAD = "sla.scoring_load.of"
# The past: an import hands deals to their room, and afterwards each of these gets the people and the leads it wrote and
# computes what reports need, telling nobody: callable(person_ids, lead_ids, now=).
PAST_DEALS = "deals.history.write"
PAST_DEAL_STEPS = "deals.history.steps"
# What the past makes of these deals in the rooms above, in the same remembered work: callable(deal ids, now=).
PAST_DEALS_KEPT = ["customers.history.keep"]
# Afterwards, in lots: callable(person ids, lead ids, now=). Of people alone (no lead ids) they write caches only.
HISTORY_REACTIONS = [
    "scoring.history.score",
    "sla.history.keep_time",
]
# Where the doors of intake hand changes of subscriptions: callable([movement], now=) -> how many were new.
SUBSCRIPTION_MOVEMENTS = "customers.movements.keep"
# Who comes first for a company that sales works on or has won: SQL of a user's id over the alias `c` (leads_company)
# and %(as_of)s (leads/routing/matching.py).
DEAL_OWNER = "deals.account_owner.OWNER"
# Erasure of a person: each room takes away what is readable of them in its tables and keeps what is counted:
# callable(person_ids, lead_ids, at=), in one transaction, in this order; the people's own rows come last.
ERASERS = [
    "sla.erasing.erase",
    "dashboards.meetings.erasing.erase",
    "deals.desk_erasing.erase",
    "deals.erasing.erase",
    "customers.erasing.erase",
    "leads.rights.eraser.erase",
]
# What else can be taken out as a file: leads.exporting.kinds.Kind of the rooms above.
EXPORTS = ["deals.exporting.DEALS", "sla.exporting.CLOCKS"]
# Hashes of erased keys are made with it: change it and those people can be imported again.
ERASURE_KEY = read("ERASURE_KEY") or SECRET_KEY
# What the pulse drains at every tick, in order: callable(now, limit) -> rows done.
PULSE_DRAINS = [
    "sla.due.drain",
    "sla.hops.drain",
    "sla.pausing.drain",
    "leads.touches.drain",
    "leads.importing.running.drain",
    "leads.hooks.asking.drain",
    "leads.routing.waiting.drain",
    "notify.planning.drain",
    "scoring.definitions.coming_into_force.drain",
    "scoring.refresh.drain",
    "scoring.rescoring.drain",
    "scoring.shadow.drain",
    "leads.duplicates.finding.drain",
    "dashboards.mailing.sending.drain",
]
# Before a merge is taken back, the rooms above make way for it: callable(work id, keep: bool)
# (leads/duplicates/unmerging.py).
UNMERGING = ["sla.unmerging.make_way"]
# Signs of life, for /healthz/engine and the page Health: callable(now) -> [Vital].
VITALS = [
    "revops.vitals.processes",
    "sla.vitals.deadlines",
    "notify.vitals.deliveries",
    "revops.vitals.brake",
]
PULSE_INTERVAL_MS = integer("PULSE_INTERVAL_MS", default=250, least=20, most=10_000)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"revops": {"level": "INFO"}, "django.request": {"level": "ERROR"}},
}
