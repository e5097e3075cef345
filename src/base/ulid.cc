// SPDX-License-Identifier: Apache-2.0
#include "base/ulid.h"

#include <algorithm>
#include <ranges>
#include <sys/random.h>

#include "base/error.h"

namespace cls {

namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void kernel_random(std::array<std::uint8_t, 10>& bytes) {
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw Error("the kernel gives no random bytes");
  }
}

/// Adds one to a big-endian number; false when it overflows.
bool increment(std::array<std::uint8_t, 10>& bytes) {
  return std::ranges::any_of(std::views::reverse(bytes),
                             [](std::uint8_t& byte) { return ++byte != 0; });
}

}  // namespace

UlidSource::UlidSource(const Clock& clock) : UlidSource(clock, kernel_random) {}
UlidSource::UlidSource(const Clock& clock, Random random)
    : clock_(clock), random_(std::move(random)) {}

std::string UlidSource::next() {
  const std::lock_guard lock(mutex_);
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now().time_since_epoch())
          .count();
  // A clock that stands or goes back counts on from the last id, so that ids keep their order.
  if (ms > last_ms_ || !increment(last_random_)) {
    last_ms_ = std::max<std::int64_t>(ms, last_ms_ + 1);
    random_(last_random_);
  }
  std::string text(26, '0');
  auto time = static_cast<std::uint64_t>(last_ms_);
  for (std::size_t i = 10; i-- > 0; time >>= 5U) text[i] = alphabet[time & 31U];
  std::uint64_t bits = 0;
  unsigned held = 0;
  std::size_t at = 10;
  for (const std::uint8_t byte : last_random_) {
    bits = (bits << 8U) | byte;
    held += 8;
    while (held >= 5) {
      held -= 5;
      text[at++] = alphabet[(bits >> held) & 31U];
    }
  }
  return text;
}

std::optional<Instant> time_of_ulid(std::string_view text) {
  if (!is_ulid(text)) return std::nullopt;
  std::uint64_t ms = 0;
  for (const char c : text.substr(0, 10)) ms = (ms << 5U) | alphabet.find(c);
  // Beyond what an Instant can be: made up.
  if (ms > std::uint64_t{1} << 43U) return std::nullopt;
  return Instant(std::chrono::milliseconds(ms));
}

bool is_ulid(std::string_view text) {
  return text.size() == 26 && std::ranges::all_of(text, [](char c) {
           return alphabet.find(c) != std::string_view::npos;
         });
}

}  // namespace cls
