// SPDX-License-Identifier: Apache-2.0
// Needs: what the handlers read and write of the records, by prefix and nothing more. Which record
// is whose: docs/formats/uris.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/iam.h"
#include "aws/names.h"
#include "aws/scope.h"

namespace cls::aws {

/// The datasets that an arc reads and writes, with their owners where the run knows them.
struct ArcDatasets {
  std::vector<const Owner*> sources;
  std::vector<model::SinkDataset> sinks;
};

/// Builds the needs of one component's handlers. The records are those of docs/formats.
class RecordNeeds {
 public:
  explicit RecordNeeds(const Scope& scope) : scope_(&scope) {}

  Need log(const std::string& function) const;
  Need announce() const;
  Need project() const;
  Need subscription_of_arc(const std::string& arc) const;
  Need subscription_of_boundary(const std::string& boundary) const;

  std::vector<Need> claims(const std::string& arc) const;
  std::vector<Need> arc_states(const std::string& arc) const;
  std::vector<Need> source_manifests(const std::vector<const Owner*>& owners) const;
  /// These, and the records of their owners that say which manifest is the current one.
  std::vector<Need> sources(const std::vector<const Owner*>& owners) const;
  std::vector<Need> sink_manifests(const std::vector<model::SinkDataset>& sinks) const;
  std::vector<Need> private_manifests(const std::string& arc) const;
  /// What an attempt notes: members, and what it is about to overwrite.
  Need attempt_notes(const std::string& arc) const;
  std::vector<Need> ledger(const std::string& boundary) const;

  /// Objects below the paths of datasets on S3.
  std::vector<Need> read_data(const std::vector<std::string>& paths) const;
  std::vector<Need> write_data(const std::vector<std::string>& paths) const;
  /// Those of an arc: reads its sources, writes its sinks.
  std::vector<Need> data(const ArcDatasets& datasets) const;

 private:
  Need listing(std::string why, const std::vector<Uri>& prefixes) const;
  Need objects(std::string why, std::vector<std::string> actions,
               const std::vector<Uri>& prefixes) const;

  const Scope* scope_;
};

/// Adds listings of what is read and not listed: that an object is not there S3 says only to who
/// may list its key, and to others that they may not read it.
void add_absences(std::vector<Need>& needs);

/// Appends.
void add(std::vector<Need>& needs, Need need);
void add(std::vector<Need>& needs, std::vector<Need> more);

}  // namespace cls::aws
