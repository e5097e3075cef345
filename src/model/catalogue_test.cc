// SPDX-License-Identifier: Apache-2.0
#include "model/catalogue.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/deployable.h"
#include "model/load.h"

namespace cls::model {
namespace {

using ::testing::HasSubstr;

TEST(Catalogue, FindsTypesByNameAndKind) {
  const Catalogue catalogue;
  EXPECT_EQ(catalogue.find("core:copyArcs"), nullptr);
  const ComponentType* copy = catalogue.find("core:copyArc");
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(copy->kind, ComponentKind::Arc);
  EXPECT_TRUE(copy->runs.on(Substrate::Local));
  EXPECT_TRUE(copy->runs.on(Substrate::Aws));
  EXPECT_THAT(catalogue.names(ComponentKind::Boundary),
              ::testing::ElementsAre("core:putListenerBoundary", "core:scheduleBoundary",
                                     "aws:core:s3PutListenerBoundary"));
}

/// What a template leaves to the user are texts: there is nothing in it that cannot be read.
TEST(Templates, OfEveryTypeAreReadWithoutAnError) {
  const Catalogue catalogue;
  for (const auto& entry : catalogue.types()) {
    for (const auto fields : {TemplateFields::All, TemplateFields::Required}) {
      json::Value list = json::Value::array({template_of(component_schema(entry), fields)});
      json::Value project = template_of(json::schema<Deployable>(), TemplateFields::Required);
      project.add(std::string(list_of(entry.kind)), std::move(list));
      Diagnostics problems;
      const auto loaded = load({{.file = "t", .text = json::to_text(project)}}, {}, problems);
      for (const auto& problem : problems.all()) ADD_FAILURE() << entry.type << problem.to_string();
      EXPECT_EQ(loaded.size(), 1U);
    }
  }
}

TEST(Templates, HaveAllFieldsOrTheRequiredOnes) {
  const json::Value schema = json::schema<SinkDataset>();
  EXPECT_EQ(json::to_text(template_of(schema, TemplateFields::Required)),
            R"({"name":"<dataset name>","version":"<dataset version>",)"
            R"("pathURI":"<where its objects lie>"})");
  EXPECT_EQ(template_of(schema, TemplateFields::All).members.size(), 4U);
}

TEST(CatalogueMarkdown, SaysTypeRangeAndDefaultOfAField) {
  const std::string text = catalogue_markdown();
  EXPECT_THAT(text, HasSubstr("| `backoffSec` | whole number, 0 to 300 | `2` | pause after"));
  EXPECT_THAT(text, HasSubstr("| `dataset` | dataset that is written | required |"));
  EXPECT_THAT(text, HasSubstr("| `workload.workloadProps.onConflict` | `beside` `replace` | – |"));
  EXPECT_THAT(text, HasSubstr("| `lotUnit` | lot unit | required | how long a lot is |"));
  EXPECT_THAT(text, HasSubstr("| `infrequent.enableEventBridge` | `true` `false` | `false` |"));
}

/// The page's tables are those of the code; CLS_ACCEPT=1 writes them anew.
TEST(CatalogueMarkdown, IsTheEndOfThePageOfTheFormat) {
  const std::string path = CLS_PROJECT_PAGE;
  std::ifstream in(path);
  ASSERT_TRUE(in) << path;
  std::stringstream page;
  page << in.rdbuf();
  const std::string text = page.str();
  const std::size_t start = text.find("## `resources`\n");
  ASSERT_NE(start, std::string::npos);
  const std::string wanted = catalogue_markdown();
  if (std::getenv("CLS_ACCEPT") != nullptr) {
    std::ofstream(path) << text.substr(0, start) << wanted;
    GTEST_SKIP() << "written: " << path;
  }
  EXPECT_EQ(text.substr(start), wanted) << "CLS_ACCEPT=1 writes it anew";
}

}  // namespace
}  // namespace cls::model
