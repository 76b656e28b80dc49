#include "api/kube/openapi_v2_protobuf.h"

#include <gmock/gmock.h>

#include <string>
#include <string_view>

#include "base/encoding.h"

namespace snapgate::api::kube {
namespace {

std::string encoded(std::string_view document) {
    return base::hex(openapi_v2_message(json::parse(document).value().as_object()));
}

// The bytes are those that Google's protobuf 3.21 wrote of a message of gnostic's OpenAPIv2.proto
// which was filled field by field: one with every kind of field that is written.
TEST(OpenApiV2ProtobufTest, TheBytesOfAnotherWriter) {
    EXPECT_EQ(
        encoded(R"({"definitions":{"B":{"x-kubernetes-group-version-kind":)"
                R"([{"group":"","version":"v1","kind":"B"}],"type":"object",)"
                R"("description":"A é.","required":["n"],"properties":{)"
                R"("n":{"type":"integer","format":"int64"},)"
                R"("l":{"type":"array","items":{"$ref":"#/definitions/B"}},)"
                R"("m":{"type":"object","additionalProperties":{"type":"string"}},)"
                R"("a":{"additionalProperties":true},"f":{"additionalProperties":false}}}},)"
                R"("paths":{"/a/{b}":{"patch":{"tags":["x"],"description":"Patches.",)"
                R"("operationId":"patchA","produces":["application/json"],)"
                R"("consumes":["a/b","c/d"],"parameters":[)"
                R"({"name":"dryRun","in":"query","description":"D.","type":"string",)"
                R"("uniqueItems":true},{"name":"body","in":"body","required":true,)"
                R"("schema":{"$ref":"#/definitions/B"}}],"responses":{)"
                R"("200":{"description":"OK","schema":{"$ref":"#/definitions/B"}},)"
                R"("401":{"description":"Unauthorized"}},"x-kubernetes-action":"patch"},)"
                R"("parameters":[{"name":"b","in":"path","required":true,"type":"string"}]}},)"
                R"("info":{"title":"t","version":"v1"},"swagger":"2.0"})"),
        "0a03322e3012070a017412027631428b021288020a062f612f7b627d12fd0142df010a01781a08506174636865"
        "732e2a0670617463684132106170706c69636174696f6e2f6a736f6e3a03612f623a03632f6442240a2212201a"
        "1e120571756572791a02442e220664727952756e3206737472696e67a0010142250a230a211204626f64791a04"
        "626f647920012a110a0f232f646566696e6974696f6e732f424a3d0a220a03323030121b0a190a024f4b12130a"
        "110a0f232f646566696e6974696f6e732f420a170a0334303112100a0e0a0c556e617574686f72697a65646a20"
        "0a13782d6b756265726e657465732d616374696f6e12091207227061746368224a190a17121522130801120470"
        "6174682201622a06737472696e674aed010aea010a014212e40122054120c3a92e9a01016eb201080a066f626a"
        "656374ca017b0a180a016e12131205696e743634b201090a07696e74656765720a250a016c1220b201070a0561"
        "72726179ba01130a110a0f232f646566696e6974696f6e732f420a200a016d121baa010d0a0bb201080a067374"
        "72696e67b201080a066f626a6563740a0a0a01611205aa010210010a0a0a01661205aa01021000fa014d0a1f78"
        "2d6b756265726e657465732d67726f75702d76657273696f6e2d6b696e64122a12285b7b2267726f7570223a22"
        "222c2276657273696f6e223a227631222c226b696e64223a2242227d5d");
}

TEST(OpenApiV2ProtobufTest, LongTexts) {
    // A length of one byte, of two, and of three.
    for (const auto& [size, length] :
         {std::pair<size_t, std::string_view>{127, "7f"}, {128, "8001"}, {16384, "808001"}}) {
        const std::string text(size, 'a');
        EXPECT_EQ(encoded(R"({"swagger":")" + text + "\"}"),
                  "0a" + std::string(length) + base::hex(text));
    }
}

}  // namespace
}  // namespace snapgate::api::kube
