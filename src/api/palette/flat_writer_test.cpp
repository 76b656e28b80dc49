#include "api/palette/flat_writer.h"

#include <gtest/gtest.h>

namespace snapgate::api::palette {
namespace {

std::string cell(std::string_view text) {
    std::string out;
    append_csv_cell(text, out);
    return out;
}

TEST(FlatWriterTest, ACellIsQuotedWhereverItHasToBe) {
    for (size_t size = 1; size <= 20; ++size) {
        const std::string plain(size, 'x');
        EXPECT_EQ(cell(plain), plain);
        for (size_t at = 0; at < size; ++at) {
            for (const char c : {',', '\r', '\n', '"'}) {
                std::string text = plain;
                text[at] = c;
                std::string quoted = text;
                if (c == '"') quoted.insert(at, 1, '"');
                // At the begin an end of a line is what spreadsheets may run.
                if (at == 0 && (c == '\r' || c == '\n')) quoted.insert(0, 1, '\'');
                EXPECT_EQ(cell(text), '"' + quoted + '"');
            }
            for (const char c : {'\t', '.', ';', ' ', '\x7f', '\xe4', '\x01'}) {
                if (at == 0 && c == '\t') continue;
                std::string text = plain;
                text[at] = c;
                EXPECT_EQ(cell(text), text);
            }
        }
    }
    EXPECT_EQ(cell(""), "");
    EXPECT_EQ(cell("=1+1"), "\"'=1+1\"");
}

std::string row(const FlatForm& form) {
    std::string out;
    FlatWriter writer(form, out);
    writer.text("name", "a \"b\"");
    writer.word("state", "Failed");
    writer.time("created", 951'782'400);
    writer.time("finished", 0);
    writer.number("seconds", 0);
    writer.number("bytes", std::nullopt);
    writer.flag("good", false);
    writer.end_row();
    return out;
}

TEST(FlatWriterTest, ARowHasEachKindOfValue) {
    EXPECT_EQ(row({query::ListFormat::kCsv, {}}),
              "\"a \"\"b\"\"\",Failed,2000-02-29T00:00:00Z,,0,,false\r\n");
    EXPECT_EQ(row({query::ListFormat::kNdjson, {}}),
              R"({"name":"a \"b\"","state":"Failed","created":"2000-02-29T00:00:00Z",)"
              R"("seconds":0,"good":false})"
              "\n");
}

TEST(FlatWriterTest, ColumnsThatWereChosenComeInTheirOrder) {
    const std::vector<std::string> wanted{"good", "name"};
    const auto columns =
        FlatColumns::choose(wanted, "name,state,created,finished,seconds,bytes,good\r\n");
    ASSERT_TRUE(columns);
    EXPECT_EQ(row({query::ListFormat::kCsv, *columns}), "false,\"a \"\"b\"\"\"\r\n");
    EXPECT_EQ(row({query::ListFormat::kNdjson, *columns}), R"({"good":false,"name":"a \"b\""})"
                                                           "\n");
}

}  // namespace
}  // namespace snapgate::api::palette
