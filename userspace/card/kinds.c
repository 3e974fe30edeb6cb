// SPDX-License-Identifier: GPL-2.0-only
/* The models that acq-card has. Another program of these objects has others. */
#include "models/litepcie/litepcie.h"
#include "models/r1/r1.h"
#include "models/xdma/xdma.h"
#include "options.h"

const struct card_kind *const options_kinds[] = { &r1_kind, &xdma_kind, &lite_kind, NULL };

const char *const options_models = "acq-r1, xdma or litepcie";
