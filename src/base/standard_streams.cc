// SPDX-License-Identifier: Apache-2.0
#include "base/standard_streams.h"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace cls {

int write_stream(int stream, std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(stream, text.data(), text.size());
    if (count > 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // Somebody who shares the terminal or pipe made it non-blocking.
      pollfd writable{stream, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

void occupy_closed_streams() {
  for (const int stream : {0, standard_output, standard_error}) {
    if (::fcntl(stream, F_GETFD) != -1) continue;
    // The lowest number that is free is taken, and those below are not.
    static_cast<void>(::open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY));
  }
}

std::size_t terminal_width(int stream) {
  winsize size{};
  return ::ioctl(stream, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace cls
