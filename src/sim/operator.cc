// SPDX-License-Identifier: Apache-2.0
#include "sim/operator.h"

#include <algorithm>

#include "base/format.h"
#include "flow/claim_store.h"
#include "json/value.h"
#include "sim/meddler.h"

namespace cls::sim {

namespace {
using namespace std::chrono_literals;
constexpr nanoseconds again_after = 2s;

/// As long as it lives somebody else may deploy or destroy the project as well.
class Contended {
 public:
  explicit Contended(World& world) : world_(world) { world_.meddler().set_rivals(true); }
  Contended(const Contended&) = delete;
  Contended& operator=(const Contended&) = delete;
  ~Contended() { world_.meddler().set_rivals(false); }

 private:
  World& world_;
};

}  // namespace

flow::ProjectRecords records_of(const model::ProjectPlan& plan, unsigned number) {
  flow::ProjectRecords records;
  records.placement = plan.placement;
  records.project = plan.project;
  records.project_json = deployment_json(number);
  for (const auto& arc : plan.arcs) {
    records.arcs.emplace_back(arc.name, format(R"({{"declaration":"{}"}})", arc.declaration));
    for (const auto& [role, sink] : arc.sinks) records.datasets.push_back(sink);
  }
  for (const auto& boundary : plan.boundaries) {
    records.boundaries.emplace_back(boundary.name, "{}");
    records.datasets.push_back(boundary.dataset);
  }
  return records;
}

std::string deployment_json(unsigned number) {
  return format(R"({{"deployment":{}}})", number);
}

Operator::Operator(World& world, Process& process)
    : world_(world), process_(process), store_(world, process) {}

/// Stores the records of a project, however often it takes.
void Operator::store(const model::ProjectPlan& plan, unsigned number) {
  const auto records = records_of(plan, number);
  const auto& settings = world_.settings();
  flow::Since since{.all = !settings.since_now && settings.since == 0ns, .at = {}};
  if (settings.since > 0ns) since.at = settings.start + settings.since;
  while (!flow::store_project(store_, process_.clock, records, since, "operator")) {
    process_.pause(again_after);
  }
}

void Operator::deploy(unsigned number) {
  {
    const Contended contended(world_);
    store(world_.settings().projects.at(number), number);
  }
  if (number == 0) {
    for (const auto& plan : world_.settings().beside) store(plan, number);
  }
  look_for(*world_.numbered(number).projects().front(), true);
  world_.set_deployed(present(number));
  world_.ring();
}

/// Which one stands there: somebody else may have deployed after this one.
unsigned Operator::present(unsigned number) {
  const auto& plan = world_.settings().projects.at(number);
  const Uri uri = record::Places(plan.placement).project(plan.project);
  const auto count = static_cast<unsigned>(world_.settings().projects.size());
  while (true) {
    const auto object = store_.get(uri);
    for (unsigned i = 0; object && i < count; ++i) {
      if (object->bytes == deployment_json(i)) return i;
    }
    process_.pause(again_after);  // it is spoiled, or cannot be read
  }
}

/// A project that is deployed is listed, with what was stored; one that was destroyed is not.
void Operator::look_for(const flow::Deployed& project, bool is_there) {
  const auto listed = flow::stored_projects(store_, project.places);
  if (!listed || world_.spoiled_of_late()) return;
  const Uri uri = project.places.project(project.plan.project);
  const bool found =
      std::ranges::any_of(*listed, [&](const auto& one) { return one.first == uri; });
  if (found == is_there) return;
  world_.oracle().violated(6, format("{} is {}listed", uri.to_string(), found ? "" : "not "));
}

void Operator::redeploy(const Step& order) {
  if (world_.gone()) return deploy(world_.deployed());
  if (order.name == back_again) return;
  const unsigned next = world_.deployed() + 1;
  if (next < world_.settings().projects.size()) deploy(next);
}

void Operator::delete_records(const flow::Deployed& project) {
  world_.close();
  while (world_.at_work()) process_.pause(again_after);
  world_.oracle().deletes(true);
  while (!flow::delete_records(store_, project)) process_.pause(again_after);
  world_.oracle().deletes(false);
}

/// As `cls destroy` does; with its records only while nobody is at work.
void Operator::destroy(bool with_records, bool unlisted) {
  if (world_.gone()) return;
  const auto& project = *world_.planned().projects().front();
  // As if it had been deployed by a cls that did not list what it stores.
  const Uri materials = project.places.materials(project.plan.project);
  while (unlisted && !store_.remove(materials)) process_.pause(again_after);
  if (with_records) delete_records(project);
  {
    std::optional<Contended> contended;
    if (!with_records) contended.emplace(world_);
    while (!flow::remove_project(store_, project)) process_.pause(again_after);
  }
  // Once more, as who was cut off does: there is nothing left, and it is listed no more.
  while (!flow::remove_project(store_, project)) process_.pause(again_after);
  look_for(project, false);
  world_.set_gone();
  world_.open();
  world_.ring();
}

/// Another project comes with a dataset of its own, and one that this project has: it must be
/// refused while that is deployed, and then own nothing. It goes again in any case. Where there is
/// only what the project left, somebody may delete that meanwhile, but for the dataset's.
void Operator::others(bool deletes) {
  const auto& plan = world_.planned().projects().front()->plan;
  const record::Places places(plan.placement);
  flow::ProjectRecords records;
  records.placement = plan.placement;
  records.project = {"q", "1"};
  records.project_json = "{}";
  model::SinkDataset own = plan.arcs.front().sinks.front().second;
  records.datasets = {own, own};
  records.datasets.front().name = own.name = "own";
  const auto stored =
      flow::store_project(store_, process_.clock, records, {.all = true, .at = {}}, "others");
  if (stored && !world_.gone()) {
    world_.oracle().violated(5, "a project took a dataset that another one has");
  }
  if (!stored && stored.error().code == FailureCode::Conflict) {
    const auto owner = flow::stored_owner(store_, places, own.id());
    const bool owns = owner && *owner && (*owner)->owner == records.project;
    if (owns) world_.oracle().violated(5, "a project that was refused owns a dataset");
  }
  if (stored && world_.gone() && deletes) {
    delete_records(*world_.planned().projects().front());
    // Those of its own, which the first one's were.
    model::ProjectPlan others;
    others.placement = records.placement;
    others.project = records.project;
    others.arcs.emplace_back().sinks = {{"own", records.datasets[0]},
                                        {"main", records.datasets[1]}};
    others.arcs.front().name = "x";
    delete_records(flow::Deployed(others, world_.settings().limits));
    world_.open();
  }
  while (!flow::remove_project(store_, places, records.project)) process_.pause(again_after);
}

const flow::ArcRef* Operator::find(const std::string& arc) const {
  const auto& arcs = world_.deployment().arcs();
  const auto found =
      std::ranges::find_if(arcs, [&](const auto& ref) { return ref.arc->name == arc; });
  return found == arcs.end() ? nullptr : &*found;
}

void Operator::switch_one(const std::string& name, bool enabled) {
  const auto& project = *world_.planned().projects().front();
  const Uri uri = name.starts_with('b')
                      ? project.places.boundary_subscription(project.plan.project, name)
                      : project.places.arc_subscription(project.plan.project, name);
  while (true) {
    const auto done = flow::set_enabled(store_, process_.clock, uri, enabled, "operator");
    if (done || done.error().code == FailureCode::NotFound) break;
    process_.pause(again_after);
  }
  world_.ring();
}

void Operator::retry(const std::string& arc, unsigned which) {
  const auto* ref = find(arc);
  if (ref == nullptr) return;
  const auto subscribes = [](const auto& source) { return source.second.subscribe; };
  if (std::ranges::none_of(ref->arc->sources, subscribes)) {
    // Such an arc runs when somebody says so.
    const auto& unit = world_.planned().projects().front()->plan.boundaries.front().unit;
    const auto first = lot::LotId::at(unit, world_.settings().start).value();
    world_.look_at(*ref, lot::LotId::from_index(unit, first.index() + which % 8));
  }
  // Of all there are: of what has not ended nothing is to be tried again.
  std::vector<Uri> lots{flow::claim_uri(*ref, lot::LotId::parse("19990101PT5M000").value())};
  const auto take = [&](const flow::StoredClaim& stored) { lots.push_back(stored.uri); };
  static_cast<void>(flow::for_each_claim(store_, *ref, take, [](const Uri&, const Failure&) {}));
  // What fails is left for the next such order.
  for (const auto& uri : lots) static_cast<void>(flow::retry_lot(store_, uri));
  world_.ring();
}

/// A replay is decided in the claim: the lot is tried again, and its sinks stay until the commit.
void Operator::replay(const std::string& arc, unsigned which) {
  const auto* ref = find(arc);
  if (ref == nullptr) return;
  std::vector<flow::StoredClaim> committed;
  const auto take = [&](const flow::StoredClaim& stored) {
    if (stored.claim.state == record::ClaimState::committed) committed.push_back(stored);
  };
  static_cast<void>(flow::for_each_claim(store_, *ref, take, [](const Uri&, const Failure&) {}));
  if (committed.empty()) return;
  replay_claim(store_, std::move(committed[which % committed.size()]));
  world_.ring();
}

void Operator::carry_out(const Step& order) {
  switch (order.kind) {
    case StepKind::Redeploy:
      return redeploy(order);
    case StepKind::Destroy:
      return destroy(order.which % 2 == 1, order.which > 1);
    case StepKind::Others:
      return others(order.which % 2 == 0);
    case StepKind::Disable:
    case StepKind::Enable:
      return switch_one(order.name, order.kind == StepKind::Enable);
    case StepKind::Retry:
      return retry(order.name, order.which);
    case StepKind::Replay:
      return replay(order.name, order.which);
    default:
      return;
  }
}

void Operator::run() {
  if (!world_.begun()) deploy(0);
  while (true) {
    if (world_.orders().empty()) {
      process_.idle_until(nanoseconds::max());
      continue;
    }
    // An order during which its giver dies is not given again, but for those that leave half of a
    // project behind.
    const Step order = world_.orders().front();
    const bool repeated = order.kind == StepKind::Destroy || order.kind == StepKind::Others ||
                          order.kind == StepKind::Redeploy;
    if (!repeated) world_.orders().pop_front();
    carry_out(order);
    if (repeated) world_.orders().pop_front();
  }
}

}  // namespace cls::sim
