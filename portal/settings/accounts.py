"""Signing in: django-allauth, passwords, second factors."""

from .environment import DEBUG, ENVIRONMENT, env

AUTH_USER_MODEL = "parties.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "portal.web.passwords.StrengthValidator"},
]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "portal.web.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_TIMEOUT = 900
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if ENVIRONMENT == "production" else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Hourly caps by sender and victim are in portal/limits.py. None of these is by the victim alone:
# a stranger must not lock them out. `key` of wrong passwords is sender and victim (adapters.py).
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip",
    "request_login_code": "20/m/ip",
    "reauthenticate": "5/5m/user,15/h/user",
}

MFA_ADAPTER = "portal.web.accounts.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "add_webauthn": "portal.web.passkey_forms.AddPasskeyForm",
    "authenticate_webauthn": "portal.web.passkey_forms.AuthenticatePasskeyForm",
    "login_webauthn": "portal.web.passkey_forms.LoginPasskeyForm",
    "reauthenticate_webauthn": "portal.web.passkey_forms.ReauthenticatePasskeyForm",
}
MFA_TOTP_ISSUER = env.str("MFA_ISSUER", default="Customer portal")
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG or ENVIRONMENT == "local"
# Secrets of second factors are encrypted with this key, or with one derived from SECRET_KEY.
MFA_ENCRYPTION_KEY = env.str("MFA_ENCRYPTION_KEY", default="")
# Where staff without a second factor are sent before anything else.
STAFF_MFA_SETUP = "/accounts/2fa/totp/activate/"
# The provider's own networks (10.0.0.0/8, …). Where they are set, staff elsewhere work remotely,
# which the terms may keep to selected seniors; where none is set, nobody counts as remote.
STAFF_NETWORKS = env.list("STAFF_NETWORKS", default=[])
