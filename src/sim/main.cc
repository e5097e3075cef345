// SPDX-License-Identifier: Apache-2.0
#include "sim/campaign.h"

int main(int argc, char** argv) {
  return cls::sim::campaign_main({argv + 1, argv + argc});
}
