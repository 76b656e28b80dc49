#include "base/public_key.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/encoding.h"

namespace snapgate::base {
namespace {

using enum SignatureAlgorithm;

// Made with Python's cryptography, which is another program's view of the standards.
constexpr std::string_view kMessage = "eyJhbGciOiJub25lIn0.e30";
constexpr std::string_view kExponent = "AQAB";
constexpr std::string_view kModulus =
    "nFYv10e8Jmmi4hDYlWr0xxU8-7IcoHt-aG41RA6N3rZTQijTz6ccJDv0R9vccaYBwdXgf_LHcJGxLwGA"
    "FpuGkkunHw6sXZ_PQRJhLUZF_tFSGZRqauHy46ow5shAm5Wdv_UIQBAMVuzf2ZsTSqmveOxBaX52mhw8"
    "r2sgpk3qGY8LoEA8Oib8zePXkRuxwUzG5sKXQTyNrXeyAAYNlg2L_vtbkZaoErvKs1Oy3NbvNpm3J93h"
    "euPjTPLLf2WvdWrX42p_S31iC_s6jwVR2OXB8-"
    "3LLzit6inwGb1LQJGVUCQVrfW7BqDzr3DYtEocj4hWzy4xSCkkFvieJWXX4hhXiw";
constexpr std::string_view kRs256Signature =
    "Fz7xNF6Y7p-"
    "6jPG4r8jplIEdbFFVCY79mANasZ37Pcl2hiejmL5ac0bDj2ESqHDOMAcWjSONdx2zKhbAo2nM0TA7Izq"
    "7Rg68sUxzT-VpEvmSyxM2kYyIUiGC5wNVivdVe6d_r7dsf5OCgVPMLUHMuFD5Qxtpjto8uHxXPI97mVy"
    "BxteedgZfSfkOhXcWzJNImxE7tPw_g40qs7eEsEUdSkW2Re-hV2u69jZ_cuo-BFXLTngJow0d4Xra-"
    "UjSqDCm5zwCUKuuBLpjFT0KTzmEWg3rrT4lxC-"
    "JIpA2uuDFNXek2BS6-9JsBDB-i48gkc8-wMeP6tPv6qP9qNFKs7pwjA";
constexpr std::string_view kRs384Signature =
    "LZW5Bcb4G47xBQRs5p9CJ10veOCMlTr6XTDkF5vGLIkx-"
    "0m3BM_s4Oa_R8jMqAQ5i2wMiu8jFOhZopGFfKUc8ATX9U3y8Kqm-"
    "ZCUs734V_SZOkQz7trCQkFPyYg9nmW56iLhDaUBIO8LQPpmk0svsO_nkZiirGq--E06gaR-wAsLKDzdJ"
    "w29MPDU9I74KrvDbzgxEWaJP7HLwmujIyrt7oS1YAuF3IKo3KEqRAT3AAQ7gqHOersHCsuAVWFgD3BQ2"
    "HlqC9vOujsKVBYGectmheE5MiFevk6TELsn7a_oHJSjxlGLhXK2o7McaOUB0VyuaoD4m_zqe6RF7AVb4"
    "ZhrMQ";
constexpr std::string_view kRs512Signature =
    "fIOZQANxakmYyu23ttMha-"
    "61sZNA7rLAF88xCP3Y2evuk2pdc4yko1qDbriXpRjYiSapm4lmphFlraw2R9zOXu3NGNwVpXCvoRsfTY"
    "HHT9gXOP8xcbiRjIQ3DipoqbPHoD4_Ay83ehpQtXG5rZuSJKHO61GQcGrZ8nhGYiFcm478XLRyUwQqaz"
    "rgvtLAldjbYETJxPrVdZAPyc5RUXmclIFCXi25-"
    "D01d_3Ph0TX1qMEPYytf56guKdBKrsge_g8RVpRLghhu85IQUX1_AJITBM_AdI7qUlwNyObwlLwgTn0V"
    "m_nC_G0PGYgWHgzS_XU84z129E3cUJikqT5iy20yg";
constexpr std::string_view kPs256Signature =
    "Fdb2Bu8i0PTuv02tNWEDwXO3GQZi3PpISmlvhW94QpuhJ0opbDIQSxcKCf7KENez5_lQEC0-"
    "uHFNWHVvw8aHRdp7E0mvgtapuTTNib7la99HXUdu0l_A9iDmgh9rXGDNZtxWmzfFckpvyBEfRLCeu0E4"
    "R3KNNMcY9g_xRITjzer-Wxbc11K-"
    "2ZyGf7HzmH_KCxcELGFYhNCcy2jzgVxgU5ufI1y52FEi9JyAcQkUWCNRDYZ7yPBwUY8g8-"
    "seE0XCt7rfg6igJKedtD600IrlciXUDJF9M57G-3YGKLQlKEyucWZwXVW-EU5GB5PxG2aw52PmEYeI-"
    "B_ZJ2GK9VuTvg";
constexpr std::string_view kPs384Signature =
    "GS5GZ3PaDtNlEVOnwfmMoUu1lwIeBQgZqNNllbMeDitubjJgFV9jsuE2wG9JTJ1lVh0UJYBv4HD48ZFO"
    "byfcxR84DGRlwGm2Dx1amVOyV7_pSSXpjhh6pjm48j1YF_waDM5Ux3WEnuXNx51xratMVfOjPE-"
    "3NbrS3g88HRbJVGrS75v_Sn33q8B_hbyZalcLPU8-dqx-1uYNl3QPVt929-"
    "CyssNVQsAwpwg_jh4FYGXZHRCYY2agFx6ac12M1hQ4PWB0YTQxiAoUwHf7VIls9GHU-"
    "9UEunLAo3I2ryWRa0BdY6CTpp4MsWpsvFSStmYvwjdcOPqLnfs8s62AUrtAtw";
constexpr std::string_view kPs512Signature =
    "VXH2lMRHQKvwXetqpQI2InfsSmKAyaVE2ZdKqQZEcw_f_myy4VyutSXGWBPZnJMSPlxeaIjp770oQRmn"
    "_5-"
    "yD_PsVPU3VqhABRM6nJWqmbTDv3HKu0OV6YOgRtjlpszKg1JRqUWVMc70sC7R5xwa_O7bdKo_FU3Z7iH"
    "anUideXvRvxnFjJmVRwtbUiR2po00AVqaELC0pkrddvCKFNmfKiYegoyO4qrQKTOYTgB36N6EC4aIah-"
    "ICt1QAL0pm82brWS1om8P3atcEy393B2Ilb6qw9SvwRGkyJpa3BRhqTnBbwFEHhc7vApVkposQTiSQoX"
    "chW59Thc1ltfUPgGUnQ";
constexpr std::string_view kPs256LongSalt =
    "h4bIzT0hJIHApVLdK8TJMx1z3YTtMfYoEqDhKQMPx8bI4E1VzU4YHAG9yEZcyWgNN5i7DsHFd3u1BMtI"
    "sQLXMYBQF7ZgUY6j_f1EIhci8sgt8HDLWGpvvDjw2jqxMOr_GLwTNhUWhM_H27Wx_Xk72FOBZ3h2flyF"
    "E0YtauI7ibL18haT80bm1hoj-GNnGncbBriDJuI2Ie9YbRcGCQUPCp-ZAMu-ycS4bnBi-pGd9QKKYSpb"
    "ad6ZhrGynmntu02wli2M1Ou0IRV_339z_PhBMyrkDjQAGkW70lYWTdV61CAXzeSXdl2KNbjQHAjs3emD"
    "k_dHjta76NTzGwcrWogPeQ";
constexpr std::string_view kP256X = "njiXLh-8-j9bxsPYojQdGdKQLCHh6sg9HRkt4GJWmwE";
constexpr std::string_view kP256Y = "srwSOEHR4JvQC7lI68cMh3oszyZvUyi6wY0yIk0jxHM";
constexpr std::string_view kEs256Signature =
    "cbho7MCUNfz4gD3o__B4nLqG8AWFRZSF3nDAbHezK33z3mNEhqXLKuEJhuvpn6ZxAuGjnjSn6rzEvTTj"
    "BhyMqA";
constexpr std::string_view kEs256Der =
    "MEUCIHG4aOzAlDX8-IA96P_weJy6hvAFhUWUhd5wwGx3syt9AiEA895jRIalyyrhCYbr6Z-"
    "mcQLho540p-q8xL004wYcjKg";
constexpr std::string_view kP384X =
    "mjVMMT3kcMd5L94kGpBv3wAx-97OLsutMIW8BDD_VH9XHX-wYTPxt9Sa_qgVsiDu";
constexpr std::string_view kP384Y =
    "GGpn78C382g8BqNdQlXCjcUyJmH_xcIbXGHlLo7I_gce60Id0zvaS0jUzOVuh4sn";
constexpr std::string_view kEs384Signature =
    "oJtKyzfCfI7tZrHtG4GE_D4MSxrEQpc8mA8w_xjQxGIt1Rpe1cZRHiRC0CniDhTxdaguKVus8t4CZhVK"
    "goXMjtH3W2o-nfbwwG1SWLV-WKHhdmTgDLiv3WpwmTQKYdwv";
constexpr std::string_view kEs384Der =
    "MGUCMQCgm0rLN8J8ju1mse0bgYT8PgxLGsRClzyYDzD_GNDEYi3VGl7VxlEeJELQKeIOFPECMHWoLilb"
    "rPLeAmYVSoKFzI7R91tqPp328MBtUli1flih4XZk4Ay4r91qcJk0CmHcLw";
constexpr std::string_view kEd25519 = "KV7auvzAXdotkboss9ZK640nXR8cs1d1eb3Vs3_jFU8";
constexpr std::string_view kEdDsaSignature =
    "b5rac5F2dkJa8wLYiz0lqXC-"
    "qtytFG5b9LUht32OzrOhdENTbhZoEWyzv6uptITS4b3TvBrJeTxlwlHeS6h-BQ";
constexpr std::string_view kSmallModulus =
    "zVBR2RfZ8OAdX-aer9C5MlqBfyPkK0FlthsFO6ZnEG-"
    "glbXqDR8L9oiVa0c-4GX7hpQuXjXsAl-k3zN8dCT5mir565sSohiixtBzJ2NdVHAv4gwQlTJMGV-"
    "XX_DEgNtXj2AzrbVXhE3Yu2daNJc0XoZ4G48ZMHnQUiRfB5QDvx0";

std::string bytes(std::string_view text) {
    auto decoded = decode_base64url(text);
    EXPECT_TRUE(decoded) << text;
    return decoded.value_or("");
}

PublicKey must(Result<PublicKey> key) {
    if (!key) ADD_FAILURE() << key.error().message;
    return *key;
}

PublicKey rsa_key() {
    return must(PublicKey::rsa(bytes(kModulus), bytes(kExponent)));
}
PublicKey p256_key() {
    return must(PublicKey::elliptic(PublicKey::Type::kP256, bytes(kP256X), bytes(kP256Y)));
}
PublicKey p384_key() {
    return must(PublicKey::elliptic(PublicKey::Type::kP384, bytes(kP384X), bytes(kP384Y)));
}
PublicKey ed25519_key() {
    return must(PublicKey::ed25519(bytes(kEd25519)));
}

struct Signed {
    SignatureAlgorithm algorithm;
    std::function<PublicKey()> key;
    std::string_view signature;
};

std::vector<Signed> all_signed() {
    return {{kRs256, rsa_key, kRs256Signature},    {kRs384, rsa_key, kRs384Signature},
            {kRs512, rsa_key, kRs512Signature},    {kPs256, rsa_key, kPs256Signature},
            {kPs384, rsa_key, kPs384Signature},    {kPs512, rsa_key, kPs512Signature},
            {kEs256, p256_key, kEs256Signature},   {kEs384, p384_key, kEs384Signature},
            {kEdDsa, ed25519_key, kEdDsaSignature}};
}

TEST(PublicKeyTest, VerifiesEverySignatureWithItsAlgorithmAlone) {
    for (const Signed& one : all_signed()) {
        const PublicKey key = one.key();
        const std::string signature = bytes(one.signature);
        EXPECT_TRUE(key.verify(one.algorithm, kMessage, signature))
            << signature_algorithm_name(one.algorithm);
        for (const Signed& other : all_signed()) {
            if (other.algorithm == one.algorithm) continue;
            EXPECT_FALSE(key.verify(other.algorithm, kMessage, signature))
                << signature_algorithm_name(one.algorithm) << " as "
                << signature_algorithm_name(other.algorithm);
        }
    }
}

TEST(PublicKeyTest, RefusesWhatWasChangedOrCutOff) {
    for (const Signed& one : all_signed()) {
        const PublicKey key = one.key();
        const std::string signature = bytes(one.signature);
        EXPECT_FALSE(key.verify(one.algorithm, std::string(kMessage) + "x", signature));
        for (const size_t at : {size_t{0}, signature.size() / 2, signature.size() - 1}) {
            std::string changed = signature;
            changed[at] = static_cast<char>(changed[at] ^ 1);
            EXPECT_FALSE(key.verify(one.algorithm, kMessage, changed));
        }
        EXPECT_FALSE(key.verify(one.algorithm, kMessage, {}));
        EXPECT_FALSE(key.verify(one.algorithm, kMessage,
                                std::string_view(signature).substr(0, signature.size() - 1)));
        EXPECT_FALSE(key.verify(one.algorithm, kMessage, signature + '\0'));
        EXPECT_FALSE(key.verify(one.algorithm, kMessage, std::string(signature.size(), '\0')));
    }
}

// RFC 7518, section 3.5: the salt is as long as the digest.
TEST(PublicKeyTest, RefusesASaltOfAnotherLength) {
    EXPECT_FALSE(rsa_key().verify(kPs256, kMessage, bytes(kPs256LongSalt)));
}

// RFC 7518, section 3.4: not in the form that OpenSSL gives.
TEST(PublicKeyTest, RefusesSignaturesInDer) {
    EXPECT_FALSE(p256_key().verify(kEs256, kMessage, bytes(kEs256Der)));
    EXPECT_FALSE(p384_key().verify(kEs384, kMessage, bytes(kEs384Der)));
}

TEST(PublicKeyTest, RefusesWeakAndBrokenKeys) {
    EXPECT_FALSE(PublicKey::rsa(bytes(kSmallModulus), bytes(kExponent)));
    EXPECT_FALSE(PublicKey::rsa(bytes(kModulus), bytes("AQ")));  // 1
    EXPECT_FALSE(PublicKey::rsa(bytes(kModulus), bytes("BA")));  // 4
    EXPECT_FALSE(PublicKey::rsa(bytes(kModulus), {}));
    EXPECT_FALSE(PublicKey::rsa({}, bytes(kExponent)));
    EXPECT_FALSE(PublicKey::rsa(bytes(kModulus), std::string(9, '\x01')));
    EXPECT_FALSE(PublicKey::rsa(std::string(2000, '\xff'), bytes(kExponent)));

    const auto p256 = PublicKey::Type::kP256;
    EXPECT_FALSE(PublicKey::elliptic(p256, bytes(kP256X), bytes(kP256X)));  // not on the curve
    EXPECT_FALSE(PublicKey::elliptic(p256, bytes(kP256X).substr(1), bytes(kP256Y)));
    EXPECT_FALSE(PublicKey::elliptic(p256, std::string(32, '\0'), std::string(32, '\0')));
    EXPECT_FALSE(PublicKey::elliptic(p256, bytes(kP384X), bytes(kP384Y)));
    EXPECT_FALSE(PublicKey::elliptic(PublicKey::Type::kRsa, bytes(kP256X), bytes(kP256Y)));
    EXPECT_FALSE(PublicKey::ed25519(bytes(kEd25519).substr(1)));
    EXPECT_FALSE(PublicKey::ed25519({}));
}

TEST(SignatureAlgorithmTest, KnowsNoneThatIsNoSignature) {
    for (const std::string_view name : {"none", "None", "HS256", "HS384", "HS512", "ES512", "",
                                        "rs256", "RS256 ", "ES256K", "RSA-OAEP"})
        EXPECT_FALSE(parse_signature_algorithm(name)) << name;
    for (const Signed& one : all_signed())
        EXPECT_EQ(parse_signature_algorithm(signature_algorithm_name(one.algorithm)),
                  one.algorithm);
}

}  // namespace
}  // namespace snapgate::base
