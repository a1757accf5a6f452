# tests/interop/mail_dkim.pl: Mail::DKIM for dkim_peers.py: a line of JSON in, one out.
use strict;
use warnings;
use JSON::PP;
use Net::DNS;
use Mail::DKIM::DNS;
use Mail::DKIM::PrivateKey;
use Mail::DKIM::Signer;
use Mail::DKIM::Verifier;

my %records;
{
    no warnings 'redefine';
    *Mail::DKIM::DNS::query = sub {
        my ($name) = @_;
        my $text = $records{lc $name};
        return unless defined $text;
        my @parts = unpack '(A250)*', $text;
        return Net::DNS::RR->new(name => $name, type => 'TXT', txtdata => \@parts);
    };
}

sub octets {
    my ($path) = @_;
    open my $in, '<:raw', $path or die "$path: $!";
    local $/;
    return scalar <$in>;
}

sub sign {
    my ($request) = @_;
    my $signer = Mail::DKIM::Signer->new(
        Algorithm => $request->{algorithm}, Method => $request->{forms},
        Domain => $request->{domain}, Selector => $request->{selector},
        Key => Mail::DKIM::PrivateKey->load(File => $request->{key}));
    $signer->PRINT(octets($request->{file}));
    $signer->CLOSE;
    my $signature = $signer->signature or return {};
    return { field => $signature->as_string . "\r\n" };
}

sub verify {
    my ($request) = @_;
    my $verifier = Mail::DKIM::Verifier->new;
    $verifier->PRINT(octets($request->{file}));
    $verifier->CLOSE;
    my @known = grep { $_->algorithm =~ /^rsa-/ } $verifier->signatures;
    return { results => [map { $_->result } @known],
             detail => $verifier->result_detail };
}

my $json = JSON::PP->new->utf8;
while (my $line = <STDIN>) {
    my $request = $json->decode($line);
    %records = %{ $request->{records} };
    my $answer = eval { $request->{do} eq 'sign' ? sign($request) : verify($request) };
    $answer = { results => [], error => "$@" } unless $answer;
    print $json->encode($answer), "\n";
}
