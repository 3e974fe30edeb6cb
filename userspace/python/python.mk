# SPDX-License-Identifier: GPL-2.0-only
#
# The Python package acqdev, which is not compiled. Included by the top Makefile.

PYTHON ?= python3
# where "make install-python" puts it
PYTHONDIR ?= $(shell $(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
PYTHON_SRC := $(wildcard userspace/python/acqdev/*.py) userspace/python/acqdev/py.typed

install-python:
	$(INSTALL) -d $(DESTDIR)$(PYTHONDIR)/acqdev
	$(INSTALL) -m 0644 $(PYTHON_SRC) $(DESTDIR)$(PYTHONDIR)/acqdev

uninstall-python:
	rm -rf $(DESTDIR)$(PYTHONDIR)/acqdev
.PHONY: install-python uninstall-python

include tests/python/test.mk
