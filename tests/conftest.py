from centering import embedded

pytest_plugins = ["tests.cast"]


def pytest_configure():
    embedded.start()
