// SPDX-License-Identifier: Apache-2.0
// The code of our Lambda functions until their handlers are built: a runtime that answers every
// event with the error `not built yet`. Static; the Lambda Runtime API, version 2018-06-01.
#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::string_view answer =
    R"({"errorType":"cls.NotBuiltYet","errorMessage":"not built yet","stackTrace":[]})";

/// Host and port of `host:port`; the port is 80 where there is none.
struct Endpoint {
  std::string host;
  std::string port;
};

Endpoint endpoint_of(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return {text, "80"};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

/// The runtime API has an address, not a name: a static program can resolve none.
int connected(const Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port =
      htons(static_cast<std::uint16_t>(std::strtoul(endpoint.port.c_str(), nullptr, 10)));
  if (inet_pton(AF_INET, endpoint.host.c_str(), &address.sin_addr) != 1) return -1;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// Sends a request and gives the reply to its end; empty where there was none.
std::string ask(const Endpoint& endpoint, const std::string& request) {
  const int fd = connected(endpoint);
  if (fd < 0) return "";
  std::string reply;
  if (send_all(fd, request)) {
    std::array<char, 4096> buffer{};
    for (;;) {
      const auto count = recv(fd, buffer.data(), buffer.size(), 0);
      if (count <= 0) break;
      reply.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }
  close(fd);
  return reply;
}

/// The value of a header, whose name is given in lower case with `:` behind it.
std::string header(const std::string& reply, std::string_view name) {
  std::string lower;
  for (const char c : reply.substr(0, reply.find("\r\n\r\n"))) {
    lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  const auto at = lower.find(std::string("\r\n").append(name));
  if (at == std::string::npos) return "";
  const auto begin = reply.find_first_not_of(' ', at + 2 + name.size());
  return reply.substr(begin, reply.find("\r\n", begin) - begin);
}

}  // namespace

int main() {
  const char* api = std::getenv("AWS_LAMBDA_RUNTIME_API");
  if (api == nullptr) {
    std::fputs("not built yet: this is the code of a function of AWS Lambda\n", stderr);
    return 1;
  }
  const Endpoint endpoint = endpoint_of(api);
  const std::string tail = std::string(" HTTP/1.1\r\nHost: ") + api + "\r\nConnection: close\r\n";
  for (;;) {
    const std::string reply =
        ask(endpoint, "GET /2018-06-01/runtime/invocation/next" + tail + "\r\n");
    const std::string id = header(reply, "lambda-runtime-aws-request-id:");
    if (id.empty()) {
      std::fputs("the runtime API gave no event\n", stderr);
      return 1;
    }
    std::fprintf(stderr, "%s: not built yet\n", id.c_str());
    ask(endpoint, "POST /2018-06-01/runtime/invocation/" + id + "/error" + tail +
                      "Content-Type: application/json\r\nContent-Length: " +
                      std::to_string(answer.size()) + "\r\n\r\n" + std::string(answer));
  }
}
