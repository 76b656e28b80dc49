#include "app/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/clock_testing.h"
#include "base/secret_file.h"
#include "net/tls/certificates_testing.h"
#include "store/objects_testing.h"

namespace snapgate::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;

class CertificatesTest : public testing::Test {
  protected:
    void SetUp() override {
        std::filesystem::create_directories(folder_.path());
        settings_.data_dir = folder_.path();
        settings_.tls_self_signed = true;
    }

    void open() {
        auto opened = Certificates::open(settings_, clock_);
        ASSERT_TRUE(opened) << opened.error().message;
        certificates_ = std::move(*opened);
    }
    // What a check logs.
    std::string check() {
        testing::internal::CaptureStderr();
        certificates_->check();
        return testing::internal::GetCapturedStderr();
    }
    int64_t days_left(size_t which) {
        return (certificates_->expiries().at(which).expires_ms - clock_.now_ms() + kDay / 2) / kDay;
    }
    int64_t days_left() { return days_left(0); }
    int64_t days_left_of_ca() { return days_left(1); }

    void use_own(int days) {
        const net::TestCertificate made = net::TestAuthority().sign("DNS:localhost", -1, days);
        settings_.tls_self_signed = false;
        settings_.tls_cert = folder_.path() / "own.crt";
        settings_.tls_key = folder_.path() / "own.key";
        std::ofstream(settings_.tls_cert) << made.certificate;
        ASSERT_TRUE(base::write_secret(settings_.tls_key, made.key));
    }

    store::TestDirectory folder_;
    base::TestClock clock_{base::system_clock().now_ms()};
    Settings settings_;
    std::unique_ptr<Certificates> certificates_;
};

TEST_F(CertificatesTest, AServerWithoutTlsHasNone) {
    settings_.tls_self_signed = false;
    open();
    EXPECT_EQ(certificates_->contexts(), nullptr);
    EXPECT_THAT(certificates_->expiries(), IsEmpty());
    EXPECT_THAT(check(), IsEmpty());
    EXPECT_TRUE(certificates_->reload());
}

TEST_F(CertificatesTest, ASelfSignedOneIsRenewedWhileItIsInUse) {
    open();
    EXPECT_EQ(days_left(), 397);
    const auto before = certificates_->contexts()->current();
    clock_.advance(366 * kDay);
    EXPECT_THAT(check(), IsEmpty());
    EXPECT_EQ(certificates_->contexts()->current(), before);
    clock_.advance(2 * kDay);
    EXPECT_THAT(check(), HasSubstr("renewed"));
    EXPECT_EQ(days_left(), 397);
    EXPECT_EQ(days_left_of_ca(), 3650 - 368) << "clients keep the CA that they have";
    EXPECT_NE(certificates_->contexts()->current(), before);
    EXPECT_THAT(check(), IsEmpty());
}

TEST_F(CertificatesTest, OneWhoseTimeHasNotBegunIsRenewed) {
    open();
    clock_.step(400 * kDay);
    EXPECT_THAT(check(), HasSubstr("renewed"));
    clock_.step(-400 * kDay);
    EXPECT_THAT(check(), HasSubstr("renewed"));
    EXPECT_EQ(days_left(), 397);
    EXPECT_THAT(check(), IsEmpty());
}

TEST_F(CertificatesTest, TheSameAfterARestart) {
    clock_.step(10 * 365 * kDay);
    open();
    clock_.step(-10 * 365 * kDay);
    open();
    EXPECT_EQ(days_left(), 397);
    EXPECT_EQ(days_left_of_ca(), 2 * 3650) << "clients keep the CA that they have";
    clock_.step(-2 * kHour);
    EXPECT_THAT(check(), HasSubstr("renewed"));
}

TEST_F(CertificatesTest, AClockThatIsBehindReplacesNoCa) {
    open();
    clock_.step(-300 * kDay);
    EXPECT_THAT(check(), Not(HasSubstr("CA")));
    open();
    clock_.step(300 * kDay);
    open();
    EXPECT_EQ(days_left_of_ca(), 3650);
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "ca.crt.old"));
}

TEST_F(CertificatesTest, ACaIsReplacedWhenItHasExpiredAndTheOldOneIsKept) {
    open();
    clock_.advance(3640 * kDay);
    const std::string told = check();
    EXPECT_THAT(told, HasSubstr("the self-signed CA expires soon"));
    EXPECT_EQ(days_left_of_ca(), 10);
    EXPECT_EQ(days_left(), 10) << "no certificate outlives its CA";
    EXPECT_THAT(check(), IsEmpty()) << "nor is it renewed each minute";
    clock_.advance(11 * kDay);
    // At a start, too, it is said.
    testing::internal::CaptureStderr();
    open();
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                AllOf(HasSubstr("was replaced"), HasSubstr("ca.crt.old"), HasSubstr("ca.key.old")));
    EXPECT_EQ(days_left_of_ca(), 3650);
    EXPECT_EQ(days_left(), 397);
    EXPECT_THAT(check(), IsEmpty());
}

TEST_F(CertificatesTest, ADamagedCaIsRefusedAndTheOneInUseStays) {
    open();
    std::filesystem::resize_file(folder_.path() / "ca.key", 0);
    EXPECT_THAT(check(), HasSubstr("ca.key"));
    EXPECT_THAT(check(), IsEmpty());
    EXPECT_FALSE(certificates_->reload());
    EXPECT_TRUE(certificates_->contexts()->current());
    const auto opened = Certificates::open(settings_, clock_);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr((folder_.path() / "ca.key").string()));
    EXPECT_EQ(std::filesystem::file_size(folder_.path() / "ca.key"), 0);
}

TEST_F(CertificatesTest, SighupRenewsASelfSignedOneThatHasExpired) {
    open();
    clock_.advance(500 * kDay);
    EXPECT_TRUE(certificates_->reload());
    EXPECT_EQ(days_left(), 397);
}

TEST_F(CertificatesTest, ThirtyDaysBeforeTheEndItIsSaidOnceADay) {
    use_own(40);
    open();
    EXPECT_EQ(days_left(), 40);
    EXPECT_THAT(check(), IsEmpty());
    clock_.advance(11 * kDay);
    EXPECT_THAT(check(), HasSubstr("own.crt"));
    clock_.advance(kDay - 1);
    EXPECT_THAT(check(), IsEmpty());
    clock_.advance(1);
    EXPECT_THAT(check(), HasSubstr("expires soon"));
    clock_.advance(40 * kDay);
    EXPECT_THAT(check(), HasSubstr("has expired"));

    use_own(90);
    EXPECT_TRUE(certificates_->reload());
    EXPECT_GT(days_left(), 30);
    EXPECT_THAT(check(), IsEmpty());
}

}  // namespace
}  // namespace snapgate::app
