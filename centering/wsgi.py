"""What a web server loads. It starts no engine: `bin/run` has done that, or a deployment names its own."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "centering.settings")

application = get_wsgi_application()
