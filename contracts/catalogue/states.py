"""Kinds of service, and the life of one."""

from django.db import models


class ServiceKind(models.TextChoices):
    SIP_TRUNK = "sip_trunk", "SIP trunk"
    NBN = "nbn", "NBN internet"
    FIBRE = "fibre", "Fibre internet"
    DATA = "data", "Data link"
    MOBILE = "mobile", "Mobile"
    CLOUD_PBX = "cloud_pbx", "Cloud PBX"
    CLOUD_PBX_RENTAL = "cloud_pbx_rental", "Cloud PBX with rented handsets"
    PHONE_SYSTEM = "phone_system", "Phone system"
    NUMBER_HOSTING = "number_hosting", "Hosted numbers"
    HOSTING = "hosting", "Hosting"
    FIREWALL = "firewall", "Managed firewall"
    COLOCATION = "colocation", "Colocation"
    SUPPORT = "support", "IT support"


# Phones that stand somewhere: the Customer Service Guarantee and calls to 000 are about them.
FIXED_VOICE = (ServiceKind.SIP_TRUNK, ServiceKind.CLOUD_PBX, ServiceKind.CLOUD_PBX_RENTAL)
