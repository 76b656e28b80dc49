#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder_testing.h"
#include "import/import_check.h"
#include "import/import_input.h"
#include "import/import_upload.h"

namespace snapgate::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string snapshot(std::string_view name, std::string_view source_kind = "VirtualMachine") {
    return fmt::format(
        R"({{"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
        R"("metadata":{{"name":"{}","namespace":"web"}},)"
        R"("spec":{{"source":{{"apiGroup":"kubevirt.io","kind":"{}","name":"vm-1"}}}}}})",
        name, source_kind);
}

// The objects of a list as it is sent, a line each.
std::string lines_of(std::string_view list) {
    EXPECT_TRUE(list.starts_with('[') && list.ends_with(']')) << list;
    std::string lines(list.substr(1, list.size() - 2));
    for (size_t at = 0; (at = lines.find("\n,", at)) != std::string::npos;) lines.erase(at + 1, 1);
    return lines;
}

class ImportTest : public testing::Test {
  protected:
    Outcome<> open(const std::string& file) {
        SNAPGATE_ASSIGN(ImportInput input, ImportInput::open(file, false));
        inputs_.push_back(std::move(input));
        return {};
    }
    Outcome<> open_text(std::string_view text) {
        return open(folder_.file(fmt::format("dump-{}", inputs_.size()), text));
    }
    // The whole upload, in the pieces it comes in.
    std::vector<std::string> upload(const CheckReport& report) {
        ImportUpload upload(inputs_, report, {});
        std::vector<std::string> pieces;
        while (true) {
            auto piece = upload.next();
            EXPECT_TRUE(piece) << piece.error().message;
            if (!piece || piece->empty()) return pieces;
            pieces.emplace_back(*piece);
        }
    }
    std::string uploaded() {
        auto report = check_inputs(inputs_, {});
        EXPECT_TRUE(report) << report.error().message;
        if (!report) return {};
        EXPECT_EQ(report->fault_count, 0U);
        std::string all;
        for (const std::string& piece : upload(*report)) all += piece;
        return lines_of(all);
    }

    base::TemporaryFolder folder_;
    std::vector<ImportInput> inputs_;
};

TEST_F(ImportTest, TakesEveryFormOfJson) {
    std::string a = snapshot("a");
    std::string b = snapshot("b");
    std::string lines = a + "\n" + b + "\n";
    for (const std::string& text :
         {fmt::format(R"({{"apiVersion":"v1","items":[{},{}],"kind":"List"}})", a, b),
          fmt::format("[{} , {}]", a, b), lines, a + b, "\xef\xbb\xbf \n" + lines,
          fmt::format("{}{{\"items\":[{}]}}", a, b)}) {
        inputs_.clear();
        ASSERT_TRUE(open_text(text)) << text;
        EXPECT_EQ(uploaded(), lines) << text;
    }
}

TEST_F(ImportTest, DashesMayDivideDocumentsOfJson) {
    const std::string a = snapshot("a");
    const std::string b = snapshot("b");
    for (const std::string& text :
         {a + "\n---\n" + b, a + "\n---\n\n---\n" + b + "\n--- \n", a + "\r\n---\r\n" + b}) {
        inputs_.clear();
        ASSERT_TRUE(open_text(text)) << text;
        EXPECT_EQ(uploaded(), a + "\n" + b + "\n") << text;
    }
    // Files are read in pieces of 256 KiB: a line may begin in one and end in the next.
    for (size_t end = (256 << 10) - 5; end < (256 << 10) + 2; ++end) {
        inputs_.clear();
        ASSERT_TRUE(open_text(a + std::string(end - a.size(), ' ') + "\n---\n" + b));
        EXPECT_EQ(uploaded(), a + "\n" + b + "\n") << end;
    }
    // Two dashes divide nothing, and a text that looks like a line has no line end.
    inputs_.clear();
    ASSERT_TRUE(open_text(a + "\n--\n" + b));
    EXPECT_FALSE(check_inputs(inputs_, {}));
    std::string named = snapshot("a");
    named.insert(named.size() - 1, R"(,"x":"\n---\n","y":[)"
                                   "\n-1]");
    inputs_.clear();
    ASSERT_TRUE(open_text(named + "\n---\n"));
    std::string expected = snapshot("a");
    expected.insert(expected.size() - 1, R"(,"x":"\n---\n","y":[-1])");
    EXPECT_EQ(uploaded(), expected + "\n");
}

TEST_F(ImportTest, TakesYamlInFlowStyle) {
    const std::string_view text =
        "{apiVersion: snapshot.kubevirt.io/v1beta1, kind: VirtualMachineSnapshot, metadata: "
        "{name: a, namespace: web}, spec: {source: {apiGroup: kubevirt.io, kind: VirtualMachine, "
        "name: vm-1}}}";
    ASSERT_TRUE(open_text(text));
    EXPECT_EQ(uploaded(), snapshot("a") + "\n");
    EXPECT_FALSE(inputs_.front().open_ended());
    inputs_.clear();
    ASSERT_TRUE(open_text(fmt::format(" [\n{}]", text)));
    EXPECT_EQ(uploaded(), snapshot("a") + "\n");
    EXPECT_FALSE(open_text("{apiVersion: v1, kind: List, items: [{a: 1}")) << "it was cut off";
}

TEST_F(ImportTest, TakesYamlWhateverTheFileIsCalled) {
    ASSERT_TRUE(open(folder_.file("dump.json", R"(# a comment
apiVersion: snapshot.kubevirt.io/v1beta1
kind: VirtualMachineSnapshot
metadata:
  name: a
  namespace: web
spec:
  source:
    apiGroup: kubevirt.io
    kind: VirtualMachine
    name: vm-1
---
apiVersion: v1
kind: List
items:
- apiVersion: snapshot.kubevirt.io/v1beta1
  kind: VirtualMachineSnapshot
  metadata:
    name: b
    namespace: web
  spec:
    source:
      apiGroup: kubevirt.io
      kind: VirtualMachine
      name: vm-1
)")));
    EXPECT_EQ(uploaded(), snapshot("a") + "\n" + snapshot("b") + "\n");
}

TEST_F(ImportTest, WhiteSpaceGoesAndStringsStay) {
    std::string text = snapshot("a");
    text.insert(text.find("\"metadata\""), "\n\t ");
    text.insert(text.size() - 1, R"(, "x" : " a \" b\\" , "y": [ 1 , 2 ] )");
    ASSERT_TRUE(open_text(text));
    std::string expected = snapshot("a");
    expected.insert(expected.size() - 1, R"(,"x":" a \" b\\","y":[1,2])");
    EXPECT_EQ(uploaded(), expected + "\n");
}

TEST_F(ImportTest, ItemsOfATypedListAreWhatTheirListSays) {
    std::string bare = snapshot("a");
    std::string head =
        R"("apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)";
    bare.erase(bare.find(head), head.size());
    ASSERT_TRUE(
        open_text(fmt::format(R"({{"items":[{}],"kind":"VirtualMachineSnapshotList"}})", bare)));
    EXPECT_EQ(uploaded(), snapshot("a") + "\n");

    inputs_.clear();
    for (const std::string& text : {bare, fmt::format(R"({{"items":[{}],"kind":"List"}})", bare)}) {
        inputs_.clear();
        ASSERT_TRUE(open_text(text));
        auto report = check_inputs(inputs_, {});
        ASSERT_TRUE(report);
        ASSERT_EQ(report->fault_count, 1U);
        EXPECT_THAT(describe(report->faults[0]), HasSubstr("item 0 (web/a): it has neither kind"));
    }
}

TEST_F(ImportTest, FaultsNameFileItemNameAndRule) {
    ASSERT_TRUE(open_text(snapshot("good")));
    ASSERT_TRUE(open_text(snapshot("fine") + snapshot("bad", "Pod") +
                          R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"p"}})" +
                          R"({"a":1 1})"));
    auto report = check_inputs(inputs_, {});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_THAT(report->items, ElementsAre(1U, 4U));
    ASSERT_EQ(report->fault_count, 3U);
    EXPECT_EQ(report->faults[0].file, inputs_[1].name());
    EXPECT_EQ(report->faults[0].item, 1U);
    EXPECT_EQ(report->faults[0].name, "web/bad");
    EXPECT_THAT(describe(report->faults[0]), HasSubstr("dump-1: item 1 (web/bad): "));
    EXPECT_THAT(report->faults[0].message, HasSubstr("spec.source.kind"));
    EXPECT_EQ(report->faults[1].name, "p");
    EXPECT_EQ(report->faults[2].name, "");
}

TEST_F(ImportTest, ListsTheFirstFaultsOnly) {
    std::string text;
    for (int i = 0; i < 100; ++i) text += snapshot(fmt::format("bad-{}", i), "Pod");
    ASSERT_TRUE(open_text(text));
    auto report = check_inputs(inputs_, {});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->fault_count, 100U);
    EXPECT_EQ(report->faults.size(), kShownFaults);
}

TEST_F(ImportTest, ATextThatIsCutOffIsRefused) {
    std::string text = snapshot("a") + snapshot("b");
    ASSERT_TRUE(open_text(text.substr(0, text.size() - 3)));
    auto report = check_inputs(inputs_, {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().exit, Exit::kRefused);
    EXPECT_THAT(report.error().message, HasSubstr("dump-0"));
    EXPECT_THAT(report.error().message, HasSubstr("item 1"));
    EXPECT_THAT(report.error().message, HasSubstr("nothing was stored"));
}

TEST_F(ImportTest, WhatCanBeNoDumpIsSaidToBeWhatItIs) {
    for (auto [text, word] :
         {std::pair("", "empty"), std::pair(" \n ", "empty"),
          std::pair("\x1f\x8b\x08", "compressed"), std::pair("\xff\xfe{", "UTF-8"),
          std::pair("- a\n  b: [\n", "nothing")}) {
        auto opened = open_text(text);
        ASSERT_FALSE(opened) << word;
        EXPECT_EQ(opened.error().exit, Exit::kRefused);
        EXPECT_THAT(opened.error().message, HasSubstr(word));
    }
    for (const std::string& file : {folder_.path().string(), folder_.path().string() + "/none"}) {
        auto opened = open(file);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().exit, Exit::kUsage);
        EXPECT_THAT(opened.error().message, HasSubstr(file));
    }
}

TEST_F(ImportTest, ComesInPiecesOfBoundedSize) {
    std::string text;
    std::string lines;
    for (int i = 0; i < 5000; ++i) {
        std::string one = snapshot(fmt::format("s-{}", i));
        text += one + "  \n";
        lines += one + "\n";
    }
    ASSERT_TRUE(open_text(text));
    auto report = check_inputs(inputs_, {});
    ASSERT_TRUE(report);
    std::vector<std::string> pieces = upload(*report);
    EXPECT_GT(pieces.size(), 1U);
    std::string all;
    for (const std::string& piece : pieces) {
        EXPECT_LT(piece.size(), 600U << 10);
        all += piece;
    }
    EXPECT_TRUE(lines_of(all) == lines);
}

TEST_F(ImportTest, AFileThatChangesEndsTheUpload) {
    std::string path = folder_.file("dump", snapshot("a"));
    ASSERT_TRUE(open(path));
    auto report = check_inputs(inputs_, {});
    ASSERT_TRUE(report);
    std::ofstream(path, std::ios::app) << snapshot("b");
    ImportUpload upload(inputs_, *report, {});
    auto piece = upload.next();
    ASSERT_FALSE(piece);
    EXPECT_THAT(piece.error().message, HasSubstr("was changed"));
}

TEST_F(ImportTest, AnIndexLeadsBackToFileAndItem) {
    std::vector<size_t> items{3, 0, 2};
    EXPECT_EQ(origin_of(0, items)->input, 0U);
    EXPECT_EQ(origin_of(2, items)->item, 2U);
    EXPECT_EQ(origin_of(3, items)->input, 2U);
    EXPECT_EQ(origin_of(3, items)->item, 0U);
    EXPECT_EQ(origin_of(4, items)->item, 1U);
    EXPECT_FALSE(origin_of(5, items));
}

}  // namespace
}  // namespace snapgate::cli
