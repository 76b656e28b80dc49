#include "base/metric_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace snapgate::base {
namespace {

using namespace std::chrono_literals;

TEST(MetricTextTest, WritesFamiliesAndValues) {
    std::string out;
    MetricText text(out);
    text.single("up_seconds", "How long it is up", MetricType::kGauge, 1.5);
    text.family("asked_total", "Requests", MetricType::kCounter);
    text.value(12'345'678'901, MetricLabels().add("cluster", "edge"));
    text.value(0, MetricLabels().add("cluster", "edge").add("project", "p"), "code", "2xx");
    text.value(1, {}, "code", "5xx");
    EXPECT_EQ(out,
              "# HELP up_seconds How long it is up\n"
              "# TYPE up_seconds gauge\n"
              "up_seconds 1.5\n"
              "# HELP asked_total Requests\n"
              "# TYPE asked_total counter\n"
              "asked_total{cluster=\"edge\"} 12345678901\n"
              "asked_total{cluster=\"edge\",project=\"p\",code=\"2xx\"} 0\n"
              "asked_total{code=\"5xx\"} 1\n");
}

TEST(MetricTextTest, NumbersThatAreNone) {
    std::string out;
    MetricText text(out);
    text.family("odd", "Odd", MetricType::kGauge);
    text.value(std::nan(""));
    text.value(INFINITY);
    text.value(-INFINITY);
    EXPECT_TRUE(out.ends_with("odd NaN\nodd +Inf\nodd -Inf\n")) << out;
}

TEST(MetricTextTest, NamesThatOthersChoseStayWithinTheirLabel) {
    const MetricLabels labels =
        MetricLabels().add("name", "a\"} 1\nup{x=\"\\").add("tail", std::string(300, 'x'));
    EXPECT_EQ(labels.text(), R"(name="a\"} 1\nup{x=\"\\",tail=")" + std::string(256, 'x') + "\"");
}

TEST(MetricTextTest, ALongNameIsNotCutWithinACharacter) {
    const MetricLabels labels = MetricLabels().add("name", std::string(255, 'x') + "ö");
    EXPECT_EQ(labels.text(), "name=\"" + std::string(255, 'x') + "\"");
}

TEST(MetricTextTest, BucketsOfAHistogramAddUp) {
    DurationHistogram durations;
    durations.observe(100us);
    durations.observe(500us);  // a bound belongs to its bucket
    durations.observe(2s);
    durations.observe(1min);
    std::string out;
    MetricText text(out);
    text.family("commit_seconds", "Commits", MetricType::kHistogram);
    text.histogram(durations.counts());
    EXPECT_NE(out.find("commit_seconds_bucket{le=\"0.0005\"} 2\n"), std::string::npos) << out;
    EXPECT_NE(out.find("commit_seconds_bucket{le=\"1\"} 2\n"), std::string::npos) << out;
    EXPECT_NE(out.find("commit_seconds_bucket{le=\"2.5\"} 3\n"), std::string::npos) << out;
    EXPECT_NE(out.find("commit_seconds_bucket{le=\"10\"} 3\n"), std::string::npos) << out;
    EXPECT_NE(out.find("commit_seconds_bucket{le=\"+Inf\"} 4\n"), std::string::npos) << out;
    EXPECT_NE(out.find("commit_seconds_sum 62.0006\n"), std::string::npos) << out;
    EXPECT_NE(out.find("commit_seconds_count 4\n"), std::string::npos) << out;
}

}  // namespace
}  // namespace snapgate::base
