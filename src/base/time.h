// SPDX-License-Identifier: Apache-2.0
// Instants and their texts. Everything inside is UTC; offsets exist only in texts that come in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cls {

/// A point in time, UTC, nanoseconds since 1970.
using Instant = std::chrono::sys_time<std::chrono::nanoseconds>;

/// `2023-02-06T23:52:06.500000000Z`: RFC 3339, always UTC and nine decimals, as records store it.
std::string format_instant(Instant at);

/// `2023-02-06T23:52:06Z`: for people; the fraction is cut off.
std::string format_instant_seconds(Instant at);

/// `2023-02-07T00:52:06+01:00`: the same in the time zone of the machine.
std::string format_local_seconds(Instant at);

/// For people, in at most two units: `42s`, `3m 20s`, `2h 5m`, `4d 3h`.
std::string readable_duration(std::chrono::seconds span);

/// Reads RFC 3339 (`2023-02-06T23:52:06[.fraction](Z|±hh:mm)`), also with a space instead of `T`,
/// without seconds, or a bare date (midnight UTC). An impossible date is Invalid, never clamped;
/// so is a year outside 1678…2261.
Result<Instant> parse_instant(std::string_view text);

/// The instant of a civil UTC time; nullopt where the date or time does not exist (years 1678…2261,
/// which nanoseconds in 64 bits can hold).
std::optional<Instant> instant_of(int year, unsigned month, unsigned day, unsigned hour = 0,
                                  unsigned minute = 0, unsigned second = 0);

/// Reads `90s`, `5m`, `12h`, `1d`, and ISO 8601 `PT5M`, `P1DT2H`; never negative.
/// Months and years have no fixed length and are Invalid. The longest are longer than an Instant
/// can be moved by: compare before adding.
Result<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace cls
