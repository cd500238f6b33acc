"""The one settings package. Every key comes from the environment; see .env.example.

`environment` reads it, `core` is Django, `accounts` is signing in, `work` is Celery, mail and
logs, `paying` is the payment gateway, and `production` refuses what must never go live.
"""

from .accounts import *
from .core import *
from .environment import *
from .paying import *
from .production import refuse_unsafe
from .work import *

refuse_unsafe(globals())
