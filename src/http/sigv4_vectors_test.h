// SPDX-License-Identifier: Apache-2.0
// Hard requests and the headers that botocore signs them with. By tools/sigv4_vectors.py.
// clang-format off
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace cls::http {

struct SignatureVector {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  std::string name, method, host, path;
  Pairs query, headers;
  std::string body, service, token, authorization;
};

inline const std::vector<SignatureVector> signature_vectors{
    {"GET plain.txt", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/plain.txt", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=eb69708cfbd7d79e06dc5b96098bc2bae1936e67336d7a8d38c8bd88bebfbfd4"},
    {"PUT plain.txt", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/plain.txt", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=e81f1a3715567f82f627637eb1447729601c75092d086214bdc915c06f1d3a48"},
    {"GET a b/c d.txt", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/a b/c d.txt", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=424e2a2a47f4c703a016aa2bf184ecce72cca898f44309c751eb954932203c33"},
    {"PUT a b/c d.txt", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/a b/c d.txt", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=41f9b7451c5e7334e182d867b3a92e15bb6ef13bf27c1495bc7ecaa79ba19145"},
    {"GET uni-\303\251-\346\227\245\346\234\254-\360\237\230\200.txt", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/uni-\303\251-\346\227\245\346\234\254-\360\237\230\200.txt", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=580983191588e74d2748ce02dc124867a0e76cee0c97071ebac6535015432237"},
    {"PUT uni-\303\251-\346\227\245\346\234\254-\360\237\230\200.txt", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/uni-\303\251-\346\227\245\346\234\254-\360\237\230\200.txt", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=e3fcb7b72c43c2f6ebc1238d49163aa115a872ebc2674542cd33bfd7df458c31"},
    {"GET plus+plus", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/plus+plus", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=0e751fd734686b1c255f2d3146bf3e52221151e84978e2b361eef0134e3f157d"},
    {"PUT plus+plus", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/plus+plus", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=c2c31d44c5eb57f614b2665d9936ed554a4c700767b0ba5611683da59b9e4c0b"},
    {"GET eq=eq", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/eq=eq", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=68f67edb93af861a158d96792c28828d881c0302e511de039955b6279971bae7"},
    {"PUT eq=eq", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/eq=eq", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=d9ab0b8428d6816528cadb2c4d3faac789abf97acee8fbe3b669c8020ddf0106"},
    {"GET pct%41%25", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/pct%41%25", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=8a21d9d34d19420e2abca8b6a535a4fbc5d0e43915de4fa595a2d3029afcf64e"},
    {"PUT pct%41%25", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/pct%41%25", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=bab87533a039abbd1a567a3f4309a37547ae975e7529c53a3a649dfc8e181423"},
    {"GET am&per;semi,comma", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/am&per;semi,comma", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=4f787c5775da4e85e187dc944cc08d7a89c8a7749f06fea05daf7e6283d80acc"},
    {"PUT am&per;semi,comma", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/am&per;semi,comma", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=8262764e471d17051144991e6b8e12c18b28e45bc74a0e3d0cb316fe4f064eb0"},
    {"GET q\?mark", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/q\?mark", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=0b9c190b49b449af9a8d038df0de325d3c9f2ddc8a256b5d4863fffd64da6d79"},
    {"PUT q\?mark", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/q\?mark", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=c4c41cea57bc003ba024d97a67ce5b8e1dab92f65652f9fdabfce3b9851224c1"},
    {"GET hash#", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/hash#", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=c4492c5a021320d55db9d3287a16e095305675b1cae96d668cb26a62c869ab6d"},
    {"PUT hash#", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/hash#", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=ca08c4f09b816552d49ae91ab5710b2a53953daf9e032b666a83a7c69522c9d8"},
    {"GET colon:at@ex!tick'star*(paren)", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/colon:at@ex!tick'star*(paren)", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=5beca19225df0120452a3fea52c9e296cee2653604d5c15f4a46709d37b3b413"},
    {"PUT colon:at@ex!tick'star*(paren)", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/colon:at@ex!tick'star*(paren)", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=c358e367f65a3fe88030580e539607ffafedc69bbe7bb65a56d8d468c6b369a4"},
    {"GET dbl//slash/./dot/../dd", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/dbl//slash/./dot/../dd", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=13c556e34f8783fce4a3f76ba37e6405a61379908e22d76f2c39aafb671a7dfc"},
    {"PUT dbl//slash/./dot/../dd", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/dbl//slash/./dot/../dd", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=a2ac3e8ffa59921ffb83bd232feb75a23d20aad8c06e4323f12e9aa75ba91ff1"},
    {"GET tilde~_-.", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/tilde~_-.", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=690a569a211a02e0b94e0015ac86e12dfbbc07918233d74be92b63521292413b"},
    {"PUT tilde~_-.", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/tilde~_-.", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=8fa6ca95e84936cc61baad21d1e1be7694876f7ccbe02f1a777dc02e6a234cb3"},
    {"GET trailing/", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/trailing/", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=f946fbf0ad4a4893010a8ca254d0b06af363b7f5ddf379cf00dc285668a7950f"},
    {"PUT trailing/", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/trailing/", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=0c8895b4e1f1a85a09ad3b13071725668c7b3f6a37d98bb9863424e339872417"},
    {"GET back\\slash|pipe\"quote<>^`{}[]", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/back\\slash|pipe\"quote<>^`{}[]", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=f63cdb21b7a15982ba6ece6aebb8ee98fd8343708a18a026aba99aa89d604b6f"},
    {"PUT back\\slash|pipe\"quote<>^`{}[]", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/back\\slash|pipe\"quote<>^`{}[]", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=0993d23b2f4bcf9bc5de48b65fb6541bbd3f52d9b7404645fa86184a56f0e73c"},
    {"GET new\nline\ttab", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/new\nline\ttab", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=88df29abba365b7c617aff2076e40aabdea0ee2241d48620e9864718f07e6ac2"},
    {"PUT new\nline\ttab", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/new\nline\ttab", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=95d8df291d7ea642c423cb01de1dddb2f5882d9c78d4afe6a123b1de52c81579"},
    {"GET $dollar", "GET", "bucket.s3.eu-central-1.amazonaws.com", "/$dollar", {}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=01dd9aa6c6d2f8804ce95ef5d3f421160811b0073462565588dda3e9d2db9317"},
    {"PUT $dollar", "PUT", "bucket.s3.eu-central-1.amazonaws.com", "/$dollar", {}, {}, "hello", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=574dc64fd3bd24a43edcd2b3f3f0e7657ef860532ac23892358f44a2568083cf"},
    {"list", "GET", "127.0.0.1:7070", "/bkt", {{"list-type", "2"}, {"prefix", "a b/\303\274+=%&"}, {"delimiter", "/"}, {"continuation-token", "1/abc+=="}, {"start-after", ""}}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=ba465bf13df809404f552d25362119bc4f79b9ac3c04cc710c6e198e1efdc047"},
    {"uploads", "POST", "127.0.0.1:7070", "/bkt/key 1", {{"uploads", ""}}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=67a8bb1ce90005648684f3ffbdd539e874d17d6f5a6d7aacb1de9972840a7807"},
    {"part", "PUT", "127.0.0.1:7070", "/bkt/key 1", {{"partNumber", "10"}, {"uploadId", "a+b/c=d~e f"}}, {}, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=8c76a48f6361010bdfd871ef2061512f8bf3d3f9a4b578c8bcbd6eaefb14816a"},
    {"copy", "PUT", "127.0.0.1:7070", "/bkt/dst", {}, {{"x-amz-copy-source", "/bkt/src%20a%2Bb"}, {"content-type", "text/plain; charset=utf-8"}}, "", "s3", "TOK/EN+==",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-copy-source;x-amz-date;x-amz-security-token, Signature=327f9c5d33d5709ae246262fa47157f0ba5e7dece5c7da121f2511c258292421"},
    {"order of the query", "GET", "h", "/", {{"b", "2"}, {"a", "2"}, {"a", "1"}, {"A", "x"}, {"a-b", "1"}, {"a", ""}}, {}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=d5c66452b27568116b6b2d0746e44f17927095cbae0652746e62ea9e4b684692"},
    {"spaces in headers", "GET", "h", "/", {}, {{"x-amz-meta-a", "  a   b  c "}, {"my-header", "v"}}, "", "s3", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host;my-header;x-amz-content-sha256;x-amz-date;x-amz-meta-a, Signature=0138327a0273e873eb993af6d771325175dd1178974261e487a40c9e9f4fc69b"},
    {"events", "POST", "events.eu-central-1.amazonaws.com", "/", {}, {{"x-amz-target", "AWSEvents.PutEvents"}, {"content-type", "application/x-amz-json-1.1"}}, "{\"Entries\":[]}", "events", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/events/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=9b59e7c05f41bb91b4ae1a9819a0368fdf9754fff5a92d37459ad63fac573104"},
    {"cloudformation", "POST", "cloudformation.eu-central-1.amazonaws.com", "/", {}, {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}}, "Action=DescribeStacks&Version=2010-05-15", "cloudformation", "T",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/cloudformation/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=8b8396bfeebb9875d7e385f2dd17082e4de26d84d351f15950153c486d7f39dc"},
    {"lambda, by ARN", "POST", "lambda.eu-central-1.amazonaws.com", "/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:f/invocations", {{"Qualifier", "$LATEST"}}, {}, "{}", "lambda", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/lambda/aws4_request, SignedHeaders=host;x-amz-date, Signature=51b1dc5f637c0bcf97823bcea30a238bf1953bd53e9142abed6f13236546182f"},
    {"dots in a path that is not S3's", "GET", "batch.eu-central-1.amazonaws.com", "/v1/a b/../c//d/./\303\251/", {}, {}, "", "batch", "",
     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/batch/aws4_request, SignedHeaders=host;x-amz-date, Signature=8b3cc4402c3eea49725cf8352737e4090b938efe87ecca28f6bc99038901cdba"},
};

}  // namespace cls::http
