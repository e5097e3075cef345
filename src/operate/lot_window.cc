// SPDX-License-Identifier: Apache-2.0
#include "operate/lot_window.h"

namespace cls::operate {

namespace {

constexpr std::size_t page_limit = 10'000;

/// `20240501`: what the ids of that day's lots begin with, whatever their unit.
std::string day_of(Instant at) {
  return lot::LotId::at(lot::LotUnit::days(), at).value().to_string().substr(0, 8);
}

}  // namespace

std::optional<lot::LotId> lot_of_name(std::string_view name) {
  constexpr std::string_view named = "lot=";
  if (!name.starts_with(named)) return std::nullopt;
  name.remove_prefix(named.size());
  const auto lot = lot::LotId::parse(name.substr(0, name.find_first_of("./")));
  return lot ? std::optional(*lot) : std::nullopt;
}

Result<LotWindow> LotWindow::of(const ReportFilter& filter) {
  LotWindow window;
  if (filter.earliest) window.earliest_ = filter.earliest->at;
  if (filter.latest) window.latest_ = filter.latest->as_latest();
  // The longest unit reaches farthest: what it can hold, every unit can.
  const auto longest = lot::LotUnit::days();
  for (const auto& moment : {window.earliest_, window.latest_}) {
    if (!moment) continue;
    if (auto lot = lot::LotId::at(longest, *moment); !lot) return pass(std::move(lot));
  }
  if (window.earliest_ && window.latest_) {
    // A lot that ends where the window begins is before it, though it is included.
    const bool is_before = filter.latest->lot && *window.latest_ <= *window.earliest_;
    auto both = lot::ScanWindow::of(longest, *window.earliest_,
                                    is_before ? filter.latest->at : *window.latest_);
    if (!both) return pass(std::move(both));
  }
  return window;
}

bool LotWindow::contains(lot::LotId lot) const {
  if (earliest_ && latest_) {
    const auto scan = lot::ScanWindow::of(lot.unit(), *earliest_, *latest_);
    return scan && scan->start <= lot && lot < scan->end_exclusive;
  }
  if (earliest_) return lot.end() > *earliest_;
  if (latest_) return lot.end() <= *latest_;
  return true;
}

LotWindow::Extent LotWindow::extent(lot::LotUnit unit, const std::optional<lot::LotId>& first_found,
                                    const std::optional<lot::LotId>& last_found) const {
  if (earliest_ && latest_) {
    const auto scan = lot::ScanWindow::of(unit, *earliest_, *latest_).value();
    return {scan.start, scan.end_inclusive, scan.range_count};
  }
  Extent extent{first_found, last_found, 0};
  if (earliest_) extent.first = lot::LotId::at(unit, *earliest_).value();
  if (latest_) extent.last = lot::LotId::at(unit, *latest_).value().previous();
  if (extent.first && extent.last)
    extent.range = lot::LotRange{*extent.first, *extent.last}.count();
  return extent;
}

Result<> LotWindow::for_each_key(store::ObjectStore& store, const Uri& prefix,
                                 const Take& take) const {
  // A directory with very many names is read anew for each page while it changes.
  store::ListRequest request{.prefix = prefix, .limit = page_limit};
  if (earliest_) request.start_after = prefix.key + "lot=" + day_of(*earliest_);
  // Bytewise after every lot of that day: a lot id goes on with `P`.
  const std::string last = latest_ ? prefix.key + "lot=" + day_of(*latest_) + "Q" : "";
  while (true) {
    auto page = store.list(request);
    if (!page && page.error().code == FailureCode::NotFound) return {};
    if (!page) return pass(std::move(page));
    for (const auto& info : page->objects) {
      if (!last.empty() && info.uri.key > last) return {};
      const auto lot = lot_of_name(std::string_view(info.uri.key).substr(prefix.key.size()));
      if (!lot || !contains(*lot)) continue;
      if (auto taken = take(*lot, info); !taken) return taken;
    }
    if (!page->truncated) return {};
    request.start_after = page->next_start_after;
  }
}

}  // namespace cls::operate
