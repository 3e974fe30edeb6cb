// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#include <libwebsockets.h>

#include "access.h"

#define ACCESS_HOST	256

bool access_make_token(struct access *access)
{
	unsigned char chance[ACCESS_TOKEN / 2];
	unsigned int i;

	if (getrandom(chance, sizeof(chance), 0) != sizeof(chance))
		return false;
	for (i = 0; i < sizeof(chance); i++)
		snprintf(access->token + 2 * i, 3, "%02x", chance[i]);
	return true;
}

static bool access_is_address(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1;
}

bool access_is_loopback(const char *bind)
{
	struct in_addr four;

	if (inet_pton(AF_INET, bind, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return !strcmp(bind, "::1");
}

/* The host of "HOST:PORT", "HOST", "[ADDRESS]:PORT" */
static bool access_split(const char *text, char host[ACCESS_HOST])
{
	const char *end;
	size_t length;

	if (*text == '[') {
		end = strchr(++text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
	} else {
		end = text + strcspn(text, ":");
	}
	length = end - text;
	if (!length || length >= ACCESS_HOST)
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	return true;
}

bool access_host(const struct access *access, const char *text)
{
	char host[ACCESS_HOST], own[ACCESS_HOST] = "";
	unsigned int i;

	if (!access_split(text, host))
		return false;
	if (access_is_address(host) || !strcasecmp(host, "localhost"))
		return true;
	for (i = 0; i < access->names; i++)
		if (!strcasecmp(host, access->name[i]))
			return true;
	return !gethostname(own, sizeof(own) - 1) && !strcasecmp(host, own);
}

bool access_origin(const char *origin, const char *host)
{
	static const char scheme[] = "http://", secure[] = "https://";

	if (!*origin)
		return true;
	/* a proxy in front of it may talk TLS */
	if (!strncmp(origin, scheme, strlen(scheme)))
		origin += strlen(scheme);
	else if (!strncmp(origin, secure, strlen(secure)))
		origin += strlen(secure);
	else
		return false;
	return !strcasecmp(origin, host);
}

bool access_token(const struct access *access, const char *token, size_t length)
{
	if (!*access->token)
		return true;
	return length == ACCESS_TOKEN && !lws_timingsafe_bcmp(token, access->token, ACCESS_TOKEN);
}
