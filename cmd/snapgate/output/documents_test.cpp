#include "output/documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/yaml.h"
#include "remote/api.h"
#include "snapshots/snapshot_pages.h"
#include "terminal/captured_console_testing.h"
#include "terminal/progress.h"

namespace snapgate::cli {
namespace {

using testing::HasSubstr;

using OutputTest = ConsoleTest;

net::ClientResponse answer(unsigned status, std::string body) {
    net::ClientResponse response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

TEST(FailureTest, AStatusOfTheKubernetesSideIsTold) {
    Failure failure = failure_of(
        answer(422, R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",
            "message":"it is invalid: spec: no such thing","reason":"Invalid","code":422,
            "details":{"causes":[{"field":"spec","message":"no such thing"},
                                 {"field":"metadata.name","message":"too long"}]}})"),
        "https://a");
    EXPECT_EQ(failure.message,
              "it is invalid: spec: no such thing (Invalid); metadata.name: too long");
    EXPECT_EQ(failure.status, 422U);
    EXPECT_EQ(failure.reason, "Invalid");
    failure = failure_of(
        answer(410, R"({"kind":"Status","metadata":{"continue":"go-on"},"message":"too old",
            "reason":"Expired","code":410})"),
        "https://a");
    EXPECT_EQ(failure.continue_token, "go-on");
    EXPECT_THAT(failure_of(answer(401, R"({"kind":"Status","message":"Unauthorized",
                                           "reason":"Unauthorized","code":401})"),
                           "https://a")
                    .message,
                HasSubstr("snapgate login"));
    failure = failure_of(answer(404, "404 page not found\n"), "https://a");
    EXPECT_EQ(failure.reason, "");
    EXPECT_THAT(failure.message, HasSubstr("not the way snapgate does"));
}

TEST_F(OutputTest, JsonIsWhatTheApiAnswered) {
    std::string body = "{\"b\":1, \"a\":[1.50,\"\xc3\xbc\"]}";
    ASSERT_TRUE(print_answer(console_, Format::kJson, answer(200, body), "https://a"));
    EXPECT_EQ(out(), body + "\n");
}

// Also where the output is no terminal: what is piped is looked at in the end.
TEST_F(OutputTest, DocumentsHaveNoHiddenCharactersAndSayTheSame) {
    // CSI, an override, an isolate, a tag
    const std::string hidden =
        std::string("\xc2\x9b\xe2\x80") + "\xae\xe2\x81" + "\xa6\xf3\xa0\x80\x81";
    const std::string body =
        R"({"a":"x)" + hidden + R"(","k)" + hidden + R"(":"two\nlines)" + hidden + R"("})";
    for (const Format format : {Format::kJson, Format::kYaml}) {
        const std::string before = out();
        ASSERT_TRUE(print_answer(console_, format, answer(200, body), "https://a"));
        ListWriter list(console_, format, "v1", "List");
        ASSERT_TRUE(list.add(body));
        ASSERT_TRUE(list.finish({}));
        const std::string printed = out().substr(before.size());
        EXPECT_EQ(printed.find_first_of("\xc2\xe2\xf3"), std::string::npos) << printed;
        EXPECT_THAT(printed, HasSubstr("\\u009b\\u202e\\u2066"));
        const size_t end = printed.find(format == Format::kJson ? "\n{" : "\napiVersion") + 1;
        const std::string document = printed.substr(0, end);
        const auto read =
            format == Format::kJson ? json::parse(document) : json::parse_yaml(document);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(*read, *json::parse(body));
    }
}

TEST_F(OutputTest, YamlSaysTheSame) {
    ASSERT_TRUE(
        print_answer(console_, Format::kYaml, answer(200, R"({"name":"7","uid":"5f1"})"), "a"));
    auto read = json::parse_yaml(out());
    ASSERT_TRUE(read);
    EXPECT_EQ(json::serialize(*read), R"({"name":"7","uid":"5f1"})");
}

TEST_F(OutputTest, AnAnswerThatIsNoJsonIsNotSnapgates) {
    auto printed = print_answer(console_, Format::kJson, answer(200, "<html>"), "https://a");
    ASSERT_FALSE(printed);
    EXPECT_EQ(printed.error().exit, Exit::kUnreachable);
    EXPECT_THAT(printed.error().message, HasSubstr("https://a"));
    EXPECT_EQ(out(), "");
}

TEST_F(OutputTest, AListIsWrittenItemByItem) {
    for (Format format : {Format::kJson, Format::kYaml}) {
        std::string before = out();
        ListWriter writer(console_, format, "v1", "List");
        ASSERT_TRUE(writer.add(R"({"a":1})"));
        ASSERT_TRUE(writer.add(R"({"a":[{"b":"x: y"}]})"));
        ASSERT_TRUE(writer.finish(json::Object{{"resourceVersion", "5"}}));
        std::string text = out().substr(before.size());
        auto read = format == Format::kJson ? json::parse(text) : json::parse_yaml(text);
        ASSERT_TRUE(read) << text;
        EXPECT_EQ(
            json::serialize(*read),
            R"({"apiVersion":"v1","kind":"List","items":[{"a":1},{"a":[{"b":"x: y"}]}],"metadata":{"resourceVersion":"5"}})");
    }
}

TEST_F(OutputTest, AnEmptyListIsAList) {
    for (Format format : {Format::kJson, Format::kYaml}) {
        std::string before = out();
        ListWriter writer(console_, format, {}, {});
        ASSERT_TRUE(writer.finish({}));
        std::string text = out().substr(before.size());
        auto read = format == Format::kJson ? json::parse(text) : json::parse_yaml(text);
        ASSERT_TRUE(read) << text;
        EXPECT_EQ(json::serialize(*read), R"({"items":[]})");
    }
}

TEST_F(OutputTest, AListThatFailedHalfWayIsNoJson) {
    ListWriter writer(console_, Format::kJson, {}, {});
    ASSERT_TRUE(writer.add("{}"));
    EXPECT_FALSE(json::parse(out()));
}

TEST_F(OutputTest, NotesCannotTouchTheTerminal) {
    console_.note("error: \x1b[2J\n");
    EXPECT_EQ(err(), "error: \\u001b[2J\\n\n");
}

TEST_F(OutputTest, AnOutputThatCannotBeWrittenIsAnError) {
    std::FILE* full = std::fopen("/dev/full", "w");
    ASSERT_NE(full, nullptr);
    Console console(full, err_.get());
    console.print("x");
    auto flushed = console.flush();
    std::fclose(full);
    ASSERT_FALSE(flushed);
    EXPECT_THAT(flushed.error().message, HasSubstr("not complete"));
}

TEST(FormatTest, KnowsItsWords) {
    EXPECT_EQ(*Format::parse(""), Format::kTable);
    EXPECT_EQ(*Format::parse("wide"), Format::kWide);
    EXPECT_EQ(*Format::parse("name"), Format::kName);
    ASSERT_FALSE(Format::parse("xml"));
    EXPECT_EQ(Format::parse("xml").error().exit, Exit::kUsage);
}

TEST(FailureTest, SaysWhatTheServerSaid) {
    Failure failure = failure_of(
        answer(410,
               R"({"code":"Expired","message":"too old","details":{"continue":"tok"},"ref":"r"})"),
        "https://a");
    EXPECT_EQ(failure.exit, Exit::kRefused);
    EXPECT_EQ(failure.status, 410U);
    EXPECT_EQ(failure.message, "too old (Expired)");
    EXPECT_EQ(failure.continue_token, "tok");
}

TEST(FailureTest, NamesTheRequestWhereTheServerIsAtFault) {
    Failure failure = failure_of(
        answer(500, R"({"code":"InternalError","message":"broken","details":{},"ref":"r-1"})"),
        "a");
    EXPECT_EQ(failure.message, "broken (InternalError, request r-1)");
}

TEST(FailureTest, ListsTheCausesOfAnInvalidObject) {
    Failure failure = failure_of(
        answer(
            422,
            R"({"code":"Invalid","message":"no","details":{"causes":[{"field":"spec","message":"is missing"}]}})"),
        "a");
    EXPECT_THAT(failure.message, HasSubstr("spec: is missing"));
}

TEST(FailureTest, AnAnswerOfSomethingElseSaysSo) {
    for (const char* body : {"", "<html>", "{}", "[]", R"({"code":7})"}) {
        Failure failure = failure_of(answer(502, body), "https://a");
        EXPECT_EQ(failure.exit, Exit::kRefused);
        EXPECT_THAT(failure.message, HasSubstr("https://a answered 502"));
    }
}

TEST(FailureTest, OnlyAValueThatCannotBeRightIsWrongUse) {
    const auto exit_of = [](unsigned status) {
        return failure_of(answer(status, R"({"code":"Word","message":"no"})"), "a").exit;
    };
    for (const unsigned status : {400U, 422U}) EXPECT_EQ(exit_of(status), Exit::kUsage) << status;
    for (const unsigned status : {401U, 403U, 404U, 405U, 409U, 410U, 413U, 429U, 500U, 503U})
        EXPECT_EQ(exit_of(status), Exit::kRefused) << status;
    // Of Kubernetes' side.
    const Failure failure =
        failure_of(answer(400, R"({"kind":"Status","message":"no","reason":"BadRequest"})"), "a");
    EXPECT_EQ(failure.exit, Exit::kUsage);
    // That of a proxy says nothing about the command line.
    EXPECT_EQ(failure_of(answer(400, "<html>"), "a").exit, Exit::kRefused);
    // What a file says is no part of the command line.
    EXPECT_EQ(Failure(failure).of_content().exit, Exit::kRefused);
    EXPECT_EQ(Failure(Exit::kUsage, "--ca: no such file").of_content().exit, Exit::kUsage);
}

TEST(FailureTest, ItsExitFollowsTheKindOfError) {
    EXPECT_EQ(Failure(base::Error(base::Code::kUnavailable, "")).exit, Exit::kUnreachable);
    EXPECT_EQ(Failure(base::Error(base::Code::kTimeout, "")).exit, Exit::kUnreachable);
    EXPECT_EQ(Failure(base::Error(base::Code::kInvalidParameter, "")).exit, Exit::kUsage);
    EXPECT_EQ(Failure(base::Error(base::Code::kInvalidBody, "")).exit, Exit::kRefused);
}

TEST(PageTest, TakesAListApart) {
    auto page = parse_page(
        answer(
            200,
            R"({"apiVersion":"v1","items":[{"a":1},{"b":2}],"kind":"VirtualMachineSnapshotList",)"
            R"("metadata":{"continue":"tok","remainingItemCount":7,"resourceVersion":"5"}})"),
        "a");
    ASSERT_TRUE(page);
    EXPECT_THAT(page->items, testing::ElementsAre(R"({"a":1})", R"({"b":2})"));
    EXPECT_EQ(page->continue_token, "tok");
    EXPECT_EQ(page->remaining, 7);
    EXPECT_EQ(page->resource_version, "5");
}

TEST(PageTest, RefusesWhatIsNone) {
    for (const char* body : {"", "{}", "[]", "<html>", R"({"items":[],"kind":"PodList"})",
                             R"({"kind":"VirtualMachineSnapshotList"})",
                             R"({"items":[{],"kind":"VirtualMachineSnapshotList"})"}) {
        auto page = parse_page(answer(200, body), "https://a");
        ASSERT_FALSE(page) << body;
        EXPECT_EQ(page.error().exit, Exit::kUnreachable);
    }
}

TEST(PageTest, AsksForWhatWasSelected) {
    SnapshotSelection selection{{"demo", "Demo", {}}, {"web", "a,b"}, {"vm 1"}, "20", "", {}};
    EXPECT_EQ(page_target(selection, "t&k"),
              "/v1/spectroclusters/demo/vms/"
              "snapshot?vmName=vm%201&namespace=web&namespace=a%2Cb&limit=20&continue=t%26k");
    EXPECT_EQ(page_target({{"demo", "Demo", {}}, {}, {}, "", "", {}}, ""),
              "/v1/spectroclusters/demo/vms/snapshot");
}

TEST(ProgressTest, ShowsHowFarItIs) {
    EXPECT_EQ(progress_line("Sending", 250'000'000, 500'000'000, 120'000, std::chrono::seconds(4)),
              "Sending [============>           ] 50%  250.0 MB of 500.0 MB  120,000 objects  "
              "30,000/s");
    EXPECT_EQ(progress_line("Reading", 12'345, 0, 0, std::chrono::seconds(1)), "Reading  12.3 kB");
    EXPECT_THAT(progress_line("Sending", 5, 5, 1, std::chrono::seconds(0)), HasSubstr("100%"));
}

TEST(ProgressTest, NumbersAreReadable) {
    EXPECT_EQ(format_bytes(950), "950 B");
    EXPECT_EQ(format_bytes(1'500'000'000), "1.5 GB");
}

}  // namespace
}  // namespace snapgate::cli
