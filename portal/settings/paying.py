"""Paying in the portal: Stripe for whoever names its keys, else the simulator on a laptop."""

from .core import CONTENT_SECURITY_POLICY, SITE_URL
from .environment import DATA_DIR, ENVIRONMENT, env

# Provider by provider, since each has its own account: STRIPE_KEYS=provider=sk_live_…,other=sk_…
STRIPE_KEYS = env.dict("STRIPE_KEYS", default={})
STRIPE_WEBHOOK_SECRETS = env.dict("STRIPE_WEBHOOK_SECRETS", default={})
# What each provider's network signs with, where it says by itself what it has done.
NETWORK_HOOK_SECRETS = env.dict("NETWORK_HOOK_SECRETS", default={})
PAYMENT_SIMULATOR = env.bool(
    "PAYMENT_SIMULATOR", default=ENVIRONMENT != "production" and not STRIPE_KEYS
)
# Where the simulator keeps its payments.
GATEWAY_DIR = DATA_DIR / "gateway"
STRIPE_API_BASE = (
    f"{SITE_URL}/dev/gateway"
    if PAYMENT_SIMULATOR
    else env.str("STRIPE_API_BASE", default="https://api.stripe.com").rstrip("/")
)
# The hosted page's host, which a form of ours leads to.
PAYMENT_PAGES = env.list("PAYMENT_PAGES", default=["https://checkout.stripe.com"])
PAYMENT_GATEWAY = (
    "portal.adapters.gateway.StripeGateway" if PAYMENT_SIMULATOR or STRIPE_KEYS else ""
)
if STRIPE_KEYS and not PAYMENT_SIMULATOR:
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] += PAYMENT_PAGES
