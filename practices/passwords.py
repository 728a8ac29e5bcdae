"""What makes a good password, in our own words; Django does the checking. Each sentence is both rule and refusal."""

from django.contrib.auth import password_validation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class LongEnough(password_validation.MinimumLengthValidator):
    def get_help_text(self) -> str:
        words = ngettext("Use at least %(least)d character.", "Use at least %(least)d characters.", self.min_length)
        return words % {"least": self.min_length}

    get_error_message = get_help_text


class NotAboutYou(password_validation.UserAttributeSimilarityValidator):
    def get_help_text(self) -> str:
        return _("Leave your name and your e-mail address out of it.")

    get_error_message = get_help_text


class NotCommon(password_validation.CommonPasswordValidator):
    def get_help_text(self) -> str:
        return _("Choose one that is not used by many people.")

    get_error_message = get_help_text


class NotOnlyDigits(password_validation.NumericPasswordValidator):
    def get_help_text(self) -> str:
        return _("Use more than digits alone.")

    get_error_message = get_help_text
