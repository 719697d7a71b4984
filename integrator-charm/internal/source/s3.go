package source

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// amazonS3 is the endpoint when none is set.
const amazonS3 = "https://s3.amazonaws.com"

// s3 is an object in a bucket, of Amazon's or any server that speaks the same.
type s3 struct {
	bucket, key  string
	endpoint     *url.URL
	region       string
	lookup       minio.BucketLookupType
	accessKey    credential
	secretKey    credential
	sessionToken credential
	caFile       string
	options      Options
}

func parseS3(address *url.URL, options Options) (Source, *Error) {
	set, err := readSettings(address.RawQuery,
		"endpoint", "region", "path-style", "access-key-file", "secret-key-file", "session-token-file", "ca-file")
	if err != nil {
		return nil, err
	}
	bucket, key := address.Host, strings.TrimPrefix(address.Path, "/")
	if bucket == "" || key == "" || address.User != nil {
		return nil, failed(BadAddress, "write s3://bucket/key?endpoint=https://…&region=…; keys for access do not belong in the address")
	}
	if err := errors.Join(s3utils.CheckValidBucketName(bucket), s3utils.CheckValidObjectName(key)); err != nil {
		return nil, failed(BadAddress, "that is no name of a bucket and an object: %v", err)
	}
	endpoint, err := endpointS3(cmp.Or(set["endpoint"], amazonS3))
	if err != nil {
		return nil, err
	}
	lookup, known := map[string]minio.BucketLookupType{
		"": minio.BucketLookupAuto, "true": minio.BucketLookupPath, "false": minio.BucketLookupDNS,
	}[set["path-style"]]
	if !known {
		return nil, failed(BadAddress, "the setting path-style is true or false")
	}
	return &s3{
		bucket: bucket, key: key, endpoint: endpoint, region: set["region"], lookup: lookup,
		accessKey:    options.credential(set["access-key-file"], "SOURCE_S3_ACCESS_KEY"),
		secretKey:    options.credential(set["secret-key-file"], "SOURCE_S3_SECRET_KEY"),
		sessionToken: options.credential(set["session-token-file"], "SOURCE_S3_SESSION_TOKEN"),
		caFile:       set["ca-file"], options: options,
	}, nil
}

func endpointS3(text string) (*url.URL, *Error) {
	endpoint, err := url.Parse(text)
	if err != nil || endpoint.User != nil || strings.Trim(endpoint.Path, "/") != "" || endpoint.RawQuery != "" {
		return nil, failed(BadAddress, "the setting endpoint is no address of a server; one looks like https://s3.example.org:9000")
	}
	return endpoint, checkServer(endpoint, "https")
}

func (s *s3) String() string {
	shown := url.URL{Scheme: "s3", Host: s.bucket, Path: "/" + s.key}
	if s.endpoint.String() != amazonS3 {
		shown.RawQuery = "endpoint=" + s.endpoint.Scheme + "://" + s.endpoint.Host
	}
	return shown.String()
}

func (s *s3) Fetch(ctx context.Context, have Revision) (Document, error) {
	return s.options.fetch(ctx, s.String(), have, s.get)
}

func (s *s3) get(ctx context.Context, have Revision) (Document, error) {
	transport, err := s.options.transport(s.caFile)
	if err != nil {
		return Document{}, err
	}
	defer transport.CloseIdleConnections()
	client, err := s.client(transport)
	if err != nil {
		return Document{}, err
	}
	asked := minio.GetObjectOptions{}
	if have != "" {
		asked.Set("If-None-Match", string(have))
	}
	body, _, header, err := client.GetObject(ctx, s.bucket, s.key, asked)
	if err != nil {
		return Document{}, s.refusal(err)
	}
	defer body.Close()
	data, err := readAll(body, s.options.Limits)
	var failure *Error
	if err != nil && !errors.As(err, &failure) {
		err = failed(Unfinished, "the transfer broke off")
	}
	return Document{Data: data, Revision: cmp.Or(Revision(header.Get("ETag")), digest(data)), Name: path.Base(s.key)}, err
}

// client is made for one request, with the credentials as they are now. It repeats nothing: fetch does.
func (s *s3) client(transport http.RoundTripper) (minio.Core, error) {
	accessKey, errAccess := s.accessKey.line()
	secretKey, errSecret := s.secretKey.line()
	session, errSession := s.sessionToken.line()
	if err := errors.Join(errAccess, errSecret, errSession); err != nil {
		return minio.Core{}, err
	}
	signature := credentials.SignatureV4
	switch {
	case accessKey.IsZero() != secretKey.IsZero():
		return minio.Core{}, failed(BadSettings, "of SOURCE_S3_ACCESS_KEY and SOURCE_S3_SECRET_KEY, one is missing")
	case accessKey.IsZero():
		signature = credentials.SignatureAnonymous
	}
	client, err := minio.New(s.endpoint.Host, &minio.Options{
		Creds:        credentials.NewStatic(accessKey.Reveal(), secretKey.Reveal(), session.Reveal(), signature),
		Secure:       s.endpoint.Scheme == "https",
		Transport:    transport,
		Region:       s.signedFor(),
		BucketLookup: s.lookup,
		MaxRetries:   1,
	})
	if err != nil {
		return minio.Core{}, failed(BadSettings, "the endpoint or the region cannot be used: %v", err)
	}
	return minio.Core{Client: client}, nil
}

// signedFor is the region in signatures. Amazon's own is looked up where none is set; others' servers mostly have the usual one.
func (s *s3) signedFor() string {
	if s.region == "" && s.endpoint.String() != amazonS3 {
		return "us-east-1"
	}
	return s.region
}

// refusal knows what S3 means by its errors.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func (s *s3) refusal(err error) error {
	var answer minio.ErrorResponse
	if !errors.As(err, &answer) {
		return networkError(err)
	}
	switch answer.Code {
	case "NoSuchKey":
		return failed(Gone, "there is no such object in the bucket")
	case "NoSuchBucket":
		return failed(Gone, "there is no such bucket at that endpoint")
	case "AccessDenied", "AllAccessDisabled":
		return failed(Refused, "the account may not read it (it takes s3:GetObject), or there is no such object and it may not list the bucket")
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken":
		return failed(Refused, "the server does not accept the keys (%s); look at SOURCE_S3_ACCESS_KEY and SOURCE_S3_SECRET_KEY", answer.Code)
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException":
		return failed(BadSettings, "the bucket is in another region; set region (%s)", shorten(cmp.Or(answer.Region, answer.Code)))
	case "RequestTimeTooSkewed":
		return failed(Refused, "the clock of this machine and the server's are too far apart")
	case "SlowDown", "ServiceUnavailable", "RequestLimitExceeded":
		return failed(Busy, "the server wants to be asked later (%s)", answer.Code)
	default:
		return byStatus(answer)
	}
}

// byStatus is for servers that speak HTTP, and not quite S3.
func byStatus(answer minio.ErrorResponse) error {
	if answer.StatusCode == http.StatusNotModified {
		return ErrUnchanged
	}
	return accept(&http.Response{StatusCode: answer.StatusCode, Header: http.Header{}}, "")
}
