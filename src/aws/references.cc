// SPDX-License-Identifier: Apache-2.0
#include "aws/references.h"

#include "aws/components.h"
#include "aws/labels.h"
#include "base/format.h"
#include "base/text.h"

namespace cls::aws {

namespace {

bool is_full(const std::string& reference) {
  return reference.starts_with("ref:") || reference.starts_with("arn:");
}

/// The resource of type T that a short reference means; validation has seen that there is one.
template <class T>
const T* declared(const Scope& scope, const std::string& reference) {
  if (is_full(reference)) return nullptr;
  const std::string name = lower(camel(split(reference, ':').back()));
  const T* found = nullptr;
  for (const auto* document : scope.documents) {
    model::each_component(*document, [&]<class C>(const C& component, const auto&) {
      if constexpr (std::is_base_of_v<T, C>) {
        if (found == nullptr && lower(camel(component.name)) == name) found = &component;
      }
    });
  }
  return found;
}

bool names_arn(const std::string& reference) {
  const auto parts = split(reference, ':');
  return parts.size() > 2 && parts[2] == "arn";
}

}  // namespace

const model::BucketResource* declared_bucket(const Scope& scope, const std::string& reference) {
  return declared<model::BucketResource>(scope, reference);
}

std::string database_id_of(const Scope& scope, const std::string& reference) {
  const auto* database = declared<model::AwsGlueDatabase>(scope, reference);
  return database == nullptr ? "" : component_id("Database", database->name);
}

std::string database_id_named(const Scope& scope, const std::string& name) {
  std::string id;
  for (const auto* document : scope.documents) {
    model::each_component(*document, [&]<class T>(const T& component, const auto&) {
      if constexpr (std::is_same_v<T, model::AwsGlueDatabase>) {
        if (component.databaseName == name && !component.exclude) {
          id = component_id("Database", component.name);
        }
      }
    });
  }
  return id;
}

Value database_name_of(const Scope& scope, const std::string& reference) {
  if (const auto* database = declared<model::AwsGlueDatabase>(scope, reference)) {
    return text(database->databaseName);
  }
  if (reference.starts_with("arn:")) return text(split(reference, '/').back());
  Value imported = import_value(fitted(reference, export_rule));
  if (!names_arn(reference)) return imported;
  // arn:aws:glue:region:account:database/name
  return select(1, object({{"Fn::Split", list({text("/"), imported})}}));
}

Value compute_environment_of(const Scope& scope, const std::string& reference) {
  if (const auto* environment = declared<model::AwsComputeEnvironment>(scope, reference)) {
    return text(scope.names.arn(
        "batch",
        format("compute-environment/{}", scope.names.batch(environment->computeEnvironmentName))));
  }
  return reference.starts_with("arn:") ? text(reference)
                                       : import_value(fitted(reference, export_rule));
}

}  // namespace cls::aws
