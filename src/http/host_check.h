// SPDX-License-Identifier: Apache-2.0
// HostCheck: which Host headers a server answers. A web page anywhere can make a browser ask a
// loopback server under a name that the page's owner points to 127.0.0.1; such names are refused.
#pragma once

#include <string>
#include <string_view>

namespace cls::http {

/// True for `localhost`, loopback addresses and the address that is listened on; where that is not
/// loopback, for every address and for `machine`, the name of this machine. A port may follow.
bool answers_to(std::string_view host_header, std::string_view listening, std::string_view machine);

}  // namespace cls::http
