#include "snapshots/snapshot_printer.h"

#include <gmock/gmock.h>

#include "base/clock_testing.h"
#include "json/yaml.h"
#include "terminal/captured_console_testing.h"

namespace snapgate::cli {
namespace {

using Type = WatchEvent::Type;

constexpr int64_t kNow = 1794969761000;  // 2026-11-18T02:42:41Z

std::string snapshot(const std::string& name, const std::string& phase) {
    return R"({"metadata":{"namespace":"a","name":")" + name +
           R"(","creationTimestamp":"2026-11-18T02:42:31Z"},"spec":{"source":{"name":"vm"}},)" +
           R"("status":{"phase":")" + phase + R"(","readyToUse":false}})";
}

json::Object object_of(const std::string& text) {
    return json::parse(text)->get_object();
}

class SnapshotPrinterTest : public ConsoleTest {
  protected:
    base::TestClock clock_{kNow};
};

TEST_F(SnapshotPrinterTest, WhatChangedIsARowUnderTheColumnsOfTheList) {
    SnapshotPrinter printer(console_, {Format::kTable}, clock_);
    ASSERT_TRUE(printer.each({snapshot("a-long-name", "InProgress"), snapshot("b", "Succeeded")}));
    clock_.advance(50'000);
    ASSERT_TRUE(printer.changed(Type::kModified, object_of(snapshot("b", "Failed")), "Deleted"));
    ASSERT_TRUE(printer.changed(Type::kDeleted, object_of(snapshot("b", "Failed")), "Deleted"));
    EXPECT_EQ(out(),
              "NAMESPACE   NAME          VM   PHASE        READY   CREATED   AGE   CAUSE\n"
              "a           a-long-name   vm   InProgress   false   <none>    10s\n"
              "a           b             vm   Succeeded    false   <none>    10s\n"
              "a           b             vm   Failed       false   <none>    60s   "
              "it failed, and its cluster does not say why\n"
              "a           b             vm   Deleted      false   <none>    60s   "
              "it failed, and its cluster does not say why\n");
}

TEST_F(SnapshotPrinterTest, ATableThatBeginsEmptyHasItsTitlesBeforeTheFirstRow) {
    SnapshotPrinter printer(console_, {Format::kTable}, clock_);
    ASSERT_TRUE(printer.each({}));
    EXPECT_EQ(out(), "");
    ASSERT_TRUE(printer.changed(Type::kAdded, object_of(snapshot("b", "InProgress")), "Deleted"));
    EXPECT_THAT(out(), testing::StartsWith("NAMESPACE   NAME"));
}

TEST_F(SnapshotPrinterTest, JsonIsOneObjectALine) {
    SnapshotPrinter printer(console_, {Format::kJson}, clock_);
    ASSERT_TRUE(printer.each({snapshot("a", "x"), " {\n\"metadata\": {}\n}"}));
    ASSERT_TRUE(printer.changed(Type::kDeleted, object_of(snapshot("b", "y")), "Deleted"));
    EXPECT_EQ(out(), snapshot("a", "x") + "\n{\"metadata\":{}}\n" + snapshot("b", "y") + "\n");
}

TEST_F(SnapshotPrinterTest, YamlIsOneDocumentEach) {
    SnapshotPrinter printer(console_, {Format::kYaml}, clock_);
    ASSERT_TRUE(printer.each({R"({"kind":"A"})"}));
    ASSERT_TRUE(printer.changed(Type::kAdded, object_of(R"({"kind":"B"})"), "Deleted"));
    EXPECT_EQ(out(), "kind: A\n---\nkind: B\n");
}

TEST_F(SnapshotPrinterTest, NamesAreKubectls) {
    SnapshotPrinter printer(console_, {Format::kName}, clock_);
    ASSERT_TRUE(printer.each({snapshot("a", "x")}));
    ASSERT_TRUE(printer.changed(Type::kModified, object_of(snapshot("b", "y")), "Deleted"));
    EXPECT_EQ(out(),
              "virtualmachinesnapshot.snapshot.kubevirt.io/a\n"
              "virtualmachinesnapshot.snapshot.kubevirt.io/b\n");
}

TEST_F(SnapshotPrinterTest, ANameIsOneLineWhateverTheServerSays) {
    SnapshotPrinter printer(console_, {Format::kName}, clock_);
    ASSERT_TRUE(printer.each({R"({"metadata":{"name":"a\nsnapshot/b\u001b[2J\u202e"}})"}));
    EXPECT_EQ(out(),
              "virtualmachinesnapshot.snapshot.kubevirt.io/a\\nsnapshot/b\\u001b[2J\\u202e\n");
}

TEST_F(SnapshotPrinterTest, PagesOfAListAreOneList) {
    SnapshotPrinter printer(console_, {Format::kJson}, clock_);
    ASSERT_TRUE(printer.page({snapshot("a", "x")}));
    ASSERT_TRUE(printer.page({snapshot("b", "y")}));
    ASSERT_TRUE(printer.finish("7"));
    const auto read = json::parse(out());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->at("items").get_array().size(), 2U);
    EXPECT_EQ(read->at("metadata").at("resourceVersion"), "7");
    EXPECT_EQ(read->at("kind"), "VirtualMachineSnapshotList");
}

TEST_F(SnapshotPrinterTest, RefusesItemsThatAreNoObjects) {
    SnapshotPrinter printer(console_, {Format::kTable}, clock_);
    EXPECT_FALSE(printer.each({"7"}));
    EXPECT_FALSE(printer.page({"{"}));
}

}  // namespace
}  // namespace snapgate::cli
